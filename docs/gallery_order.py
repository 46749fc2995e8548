"""Order of the gallery: a first look, then choosing, then looking inside."""

ORDER = ("two_moons", "relu_or_splines", "families", "grid_search", "reading", "calibration", "trajectories", "reports")


class Order:
    """Sort key of sphinx-gallery."""

    def __init__(self, folder: str) -> None:
        pass

    def __call__(self, name: str) -> int:
        """Return the place of an example; one that is missing in ORDER is an error."""
        return ORDER.index(name.removeprefix("plot_").removesuffix(".py"))
