"""Sphinx configuration: `sphinx-build -W docs docs/_build/html` from the checkout's root."""

import re
import sys
import tomllib
from pathlib import Path

import matplotlib as mpl

import sk_adaptive

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import source_map  # noqa: E402

mpl.use("agg")
settings = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
source_map.write(HERE.parent / "sk_adaptive", HERE / "generated" / "source_map.rst")

# ---- project ---------------------------------------------------------------------------------------------------------

project = "sk_adaptive"
author = "The sk_adaptive developers"
project_copyright = f"2026, {author}"
release = version = sk_adaptive.__version__

# ---- what is built ---------------------------------------------------------------------------------------------------

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "matplotlib.sphinxext.plot_directive",
]
exclude_patterns = ["_build", "_templates", "generated/source_map.rst", "examples"]
templates_path = ["_templates"]
default_role = "code"
html_math_renderer = "mathml"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
nitpicky = True  # every internal link leads somewhere
nitpick_ignore_regex = [("py:.*", r"(numpy|scipy|sklearn)\..*")]

# ---- API pages: every public module's __all__, one page a name -------------------------------------------------------

toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"  # the docstrings give types in words
autosummary_generate = True
autosummary_ignore_module_all = False  # document what __all__ lists, and nothing else
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
validation = settings["tool"]["numpydoc_validation"]
numpydoc_validation_checks = set(validation["checks"])
numpydoc_validation_exclude = set(validation["exclude"])
numpydoc_validation_overrides = {
    option.removeprefix("override_"): set(patterns)
    for option, patterns in validation.items()
    if option.startswith("override_")
}

# ---- gallery: every docs/examples/plot_*.py is run -------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "within_subsection_order": "gallery_order.Order",
    "abort_on_example_error": True,
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
}
plot_html_show_formats = False
plot_html_show_source_link = False
plot_formats = ["svg"]

# ---- how it looks ----------------------------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_show_sourcelink = False
html_css_files = ["site.css"]
html_theme_options = {
    # The list is read from the newest site, so that pages of old versions know the later ones.
    "switcher": {
        "json_url": f"{settings['project']['urls']['Documentation']}/en/latest/_static/switcher.json",
        "version_match": "dev" if "dev" in release else release,
    },
    "check_switcher": False,  # would need a network
    "navbar_end": ["version-switcher", "theme-switcher", "navbar-icon-links"],
    "icon_links": [{"name": "Source", "url": settings["project"]["urls"]["Source"], "icon": "fa-brands fa-github"}],
    "navbar_align": "left",
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}


def unlink(app, what, name, obj, options, lines):
    """Make plain text of links into scikit-learn's own documentation in docstrings that are inherited from it."""
    if getattr(obj, "__module__", "").startswith("sklearn"):
        lines[:] = [re.sub(r":(?:ref|term):`([^`<]+?)(?: *<[^>]*>)?`", r"\1", line) for line in lines]


def setup(app):
    """Run before numpydoc, which reads the lines next."""
    app.connect("autodoc-process-docstring", unlink, priority=100)
