"""The atlas of learned shapes: tables and pictures of docs/benchmarks/shapes.rst, from what bench_shapes.py has saved.

Run: python docs/benchmarks/shape_report.py OUTPUT
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shape_pictures
import shape_space as space
from paired import print_table
from report import Table, fragment, machine
from shape_fits import FOLDER, N_SHAPES, Atlas, Fit, basis_of, drawn
from sklearn.metrics import adjusted_rand_score

PAIRS = 10  # of bootstrap samples
STABLE = 0.8  # adjusted Rand index from which a number of clusters counts as stable
KS = range(2, 7)
CHANGES = {
    "from_identity": "start: identity",
    "from_tanh": "start: tanh",
    "knots_25": "25 knots",
    "noise": "noise added",
    "rows_250": "250 rows",
}


def stability(a: np.ndarray, groups: np.ndarray, k: int, random: np.random.Generator) -> float:
    """Return the mean adjusted Rand index of the labels that clusters of two samples of the groups give."""
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]

    def labels() -> np.ndarray:
        sample = np.concatenate([members[i] for i in random.integers(len(members), size=len(members))])
        return space.similarity(a, space.clusters(a[sample], k, random)).argmax(axis=1)

    return float(np.mean([adjusted_rand_score(labels(), labels()) for _ in range(PAIRS)]))


def find(fits: list[Fit]) -> tuple[Atlas, Table]:
    """Return the atlas of the fits with seed 0, and how stable each number of clusters is."""
    random = np.random.default_rng(0)
    basis = basis_of(fits)
    a, sources = drawn([fit for fit in fits if fit.seed == 0], basis, random)
    blank = space.unstructured(a, random)
    found = {k: (stability(a, sources, k, random), stability(blank, sources, k, random)) for k in KS}
    stable = [k for k, (mine, _) in found.items() if mine >= STABLE]
    k = max(stable, default=2)
    centres = space.clusters(a, k, random)
    label = space.similarity(a, centres).argmax(axis=1)
    order = np.argsort(-np.bincount(label, minlength=k))
    rows = [[str(k), f"{mine:.2f}", f"{theirs:.2f}"] for k, (mine, theirs) in found.items()]
    return Atlas(basis, centres[order]), Table(["clusters", "learned shapes", "without clusters"], rows)


class Group(NamedTuple):
    """Fits that are counted together: of all units, or of one layer."""

    name: str
    fits: list[Fit]
    layer: int | None = None

    def mean(self, share: Callable[[Fit, np.ndarray], float]) -> float:
        """Return the mean over the fits of a share of the chosen units' weight."""
        return float(np.mean([share(fit, self._weights(fit)) for fit in self.fits]))

    def _weights(self, fit: Fit) -> np.ndarray:
        weights = fit.weights * (fit.units["layer"] == self.layer if self.layer is not None else 1)
        return weights / weights.sum()

    def line(self, atlas: Atlas) -> list[str]:
        """Return the shares of elementary properties and of clusters, in per cent."""
        names = list(self.fits[0].moves)
        elementary = [self.mean(lambda fit, w, name=name: float(w @ fit.moves[name])) for name in names]
        clusters = [
            self.mean(lambda fit, w, j=j: float(w @ (atlas.labels(fit) == j))) for j in range(len(atlas.centres))
        ]
        bent = self.mean(lambda fit, w: float(_bent(fit, w > 0)))
        return [self.name, str(len(self.fits)), *(f"{100 * share:.0f}" for share in (bent, *elementary, *clusters))]


def _bent(fit: Fit, chosen: np.ndarray) -> float:
    return float(fit.units["bent"][chosen].sum() / fit.units["whole"][chosen].sum())


def groups(fits: list[Fit]) -> list[Group]:
    """Return the groups of fits that the page compares."""
    of = {name: [fit for fit in fits if fit.study == name] for name in {fit.study for fit in fits}}
    base = of["base"]
    first = [fit for fit in base if fit.seed == 0]

    def same_tables(others: list[Fit]) -> list[Fit]:
        return [fit for fit in first if fit.table in {other.table for other in others}]

    found = [
        Group("all", base),
        *(Group(f"layer {layer + 1}", base, layer) for layer in (0, 1)),
        Group("classification", [fit for fit in base if fit.task == "clf"]),
        Group("regression", [fit for fit in base if fit.task == "reg"]),
        Group("up to 10 columns", [fit for fit in base if fit.d <= 10]),
        Group("11 to 25 columns", [fit for fit in base if 10 < fit.d <= 25]),
        Group("more columns", [fit for fit in base if fit.d > 25]),
        Group("250 rows", of["rows_250"]),
        Group("2000 rows, with encoding", of["rows_2000"]),
        Group("1000 rows, same tables", same_tables(of["rows_2000"])),
        Group("noise added", of["noise"]),
        *(Group(name.replace("_", " "), of[name]) for name in ("knots_25",) if name in of),
        *(Group(f"after epoch {e}", of[f"epoch_{e}"]) for e in (1, 2, 5, 10, 20)),
        Group("after the last epoch", first),
        Group("started as identity", of["from_identity"]),
        Group("started as tanh", of["from_tanh"]),
    ]
    families = ("rational", "polynomial", "blend", "swish", "snake")
    found += [Group(name, of[name]) for name in families if name in of]
    return [*found, Group("spline, same tables", same_tables(of["rational"]))] if "rational" in of else found


def shares(fits: list[Fit], atlas: Atlas) -> Table:
    """Return the shares of shapes in every group."""
    header = ["fits", "number", "bent", *fits[0].moves, *(chr(65 + j) for j in range(len(atlas.centres)))]
    return Table(header, [group.line(atlas) for group in groups(fits)])


def principal_shapes(atlas: Atlas) -> Table:
    """Return the share of the variance of all normal forms that each principal shape explains."""
    rows = [
        [parity, *(f"{100 * share:.1f}" for share in values)]
        for parity, values in (("even", atlas.basis.even_shares), ("odd", atlas.basis.odd_shares))
    ]
    return Table(["parity", *(f"shape {i + 1}" for i in range(N_SHAPES))], rows)


def named(fits: list[Fit]) -> Table:
    """Return how many units each named function is nearest to, and how near."""
    first = [fit for fit in fits if "named" in fit.units]
    names = np.concatenate([fit.units["named"] for fit in first])
    r2 = np.concatenate([fit.units["named_r2"] for fit in first])
    straight = np.concatenate([fit.units["straight_r2"] for fit in first])
    rest = (1 - r2) / np.maximum(1 - straight, 1e-12)
    kinds = [("all", np.ones(len(names), bool)), *((n, names == n) for n in np.unique(names))]
    kinds = sorted(kinds, key=lambda kind: -kind[1].sum())
    rows = [
        [
            name,
            f"{100 * chosen.mean():.0f}",
            f"{np.median(r2[chosen]):.3f}",
            f"{100 * np.mean(r2[chosen] >= 0.95):.0f}",
            f"{100 * np.mean(r2[chosen] >= 0.99):.0f}",
            f"{np.median(rest[chosen]):.2f}",
        ]
        for name, chosen in kinds
    ]
    header = ["nearest function", "% of units", "median R2", "% with 0.95", "% with 0.99", "left of the line's rest"]
    return Table(header, rows, f"{len(names)} units, {len(first)} tables.")


def likeness(fits: list[Fit], atlas: Atlas) -> Table:
    """Return how far apart fits of one table and of different tables are, and fits that started otherwise."""
    base = [fit for fit in fits if fit.study == "base"]
    learned = np.array([atlas.learned(fit) for fit in base])
    d = np.linalg.norm(learned[:, None] - learned, axis=2)
    table, origin = (np.array([getattr(fit, name) for fit in base]) for name in ("table", "source"))
    np.fill_diagonal(d, np.inf)
    hits = np.mean(table[d.argmin(axis=1)] == table)
    same = (table[:, None] == table) & np.isfinite(d)
    unit = float(np.median(d[same]))
    rows = [
        ["another seed", "1.00"],
        ["another table", f"{np.median(d[origin[:, None] != origin]) / unit:.2f}"],
    ]
    at = {fit.table: vector for fit, vector in zip(base, learned, strict=True) if fit.seed == 0}
    for study, label in CHANGES.items():
        if not any(fit.study == study for fit in fits):
            continue
        away = [np.linalg.norm(at[fit.table] - atlas.learned(fit)) for fit in fits if fit.study == study]
        rows.append([label, f"{np.median(away) / unit:.2f}"])
    note = (
        f"Of {len(base)} fits, {100 * hits:.0f} % have another seed of the same table as their nearest neighbour "
        f"(by chance {200 / (len(base) - 1):.1f} %)."
    )
    return Table(["fits that differ by", "median distance"], rows, note)


def main() -> None:
    """Write all tables and pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    fits = [Fit(path) for path in sorted(options.output.glob("*.npz"))]
    base = [fit for fit in fits if fit.study == "base"]
    atlas, numbers = find(base)
    tables = {
        "principal": principal_shapes(atlas),
        "clusters": numbers,
        "shares": shares(fits, atlas),
        "named": named(base),
        "seeds": likeness(fits, atlas),
    }
    FOLDER.mkdir(exist_ok=True)
    how = f"{machine()}."
    for name, table in tables.items():
        print(f"\n{name}\n")
        print_table(table.header, table.rows)
        print(table.note, flush=True)
        (FOLDER / f"{name}.inc").write_text(fragment(table, how))
    shape_pictures.draw(FOLDER, atlas, base)


if __name__ == "__main__":
    main()
