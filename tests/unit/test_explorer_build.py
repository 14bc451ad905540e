"""The explorer's TypeScript: its own tests, on the shipped edition too, and the committed bundle built anew."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from technopole.editions.read import open_edition
from technopole.index.framework import ROOT
from technopole.index.run import positive
from technopole.index.tree import labelled_tree
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.rank import competition_ranks
from technopole.publish.bundle import BOUNDARIES, LENSES
from technopole.publish.explore import ASSETS

REPOSITORY = Path(__file__).parents[2]
BYTES_ALLOWED = 700_000
pytestmark = pytest.mark.xdist_group("explorer")


def expected_ranks(count: int) -> list[dict[str, object]]:
    """What the kernel makes of random weightings of the shipped edition."""
    edition = open_edition()
    framework = edition.framework()
    labelled, method = labelled_tree(framework), framework.method.aggregation
    rng = np.random.default_rng(4)
    nodes = [ROOT, *framework.sides()]
    cases: list[dict[str, object]] = []
    for number in range(count):
        lens, boundary = LENSES[number % 2], BOUNDARIES[number % 3]
        table = edition.table("scores").filter((pl.col("lens") == lens) & (pl.col("boundary") == boundary))
        wide = table.pivot("node", index="city", values="score").sort("city")
        values = positive(wide.select(framework.indicator_ids()).to_numpy(), method)
        weights = np.round(np.exp(rng.uniform(-3, 3, len(labelled.names))), 4)
        weights[rng.random(weights.size) < 0.1] = 0.0
        for aggregate, children in labelled.tree.children.items():
            if not weights[list(children)].any():
                weights[list(children)] = 1.0
            assert aggregate >= labelled.tree.leaves
        node = nodes[number % len(nodes)]
        scores = aggregate_tree(values, weights, labelled.tree, Aggregation(method))
        ranks = competition_ranks(scores[:, labelled.names.index(node) - labelled.tree.leaves])
        cases.append(
            {"lens": lens, "boundary": boundary, "node": node, "weights": weights.tolist(), "ranks": ranks.tolist()}
        )
    return cases


def test_typescript_ranks_the_edition_as_python_does(
    workspace: Path, run_command: Callable[..., str], tmp_path: Path, site: Mapping[str, bytes]
) -> None:
    for name, content in site.items():
        if name.startswith("data/"):
            (tmp_path / name.removeprefix("data/")).write_bytes(content)
    (tmp_path / "expected.json").write_text(json.dumps(expected_ranks(200)))
    said = run_command(["npm", "test"], workspace, TECHNOPOLE_BUNDLE=str(tmp_path))
    assert "failed" not in said
    print(next((line for line in said.splitlines() if "re-ranking" in line), ""))


def test_the_committed_bundle_is_what_the_source_builds(
    workspace: Path, run_command: Callable[..., str], tmp_path: Path
) -> None:
    run_command(["npx", "tsc", "--noEmit"], workspace)
    run_command(["npx", "vite", "build", "--outDir", str(tmp_path / "assets"), "--emptyOutDir"], workspace)
    built = {path.name: path.read_bytes() for path in (tmp_path / "assets").iterdir()}
    committed = {path.name: path.read_bytes() for path in ASSETS.iterdir()}
    assert sorted(built) == sorted(committed)
    assert [name for name in built if built[name] != committed[name]] == [], "run `npm run build` in explorer/"


def test_the_committed_bundle_is_small_and_asks_for_nothing() -> None:
    contents = {path.name: path.read_text("utf-8") for path in ASSETS.iterdir()}
    assert sum(len(text.encode()) for text in contents.values()) < BYTES_ALLOWED
    for name, text in contents.items():
        outside = [word for word in ("@import", "url(http", 'src="http', 'href="http', "eval(") if word in text]
        assert outside == [], name


def test_the_lockfile_names_no_registry() -> None:
    lock = json.loads((REPOSITORY / "explorer" / "package-lock.json").read_text("utf-8"))
    assert all("resolved" not in one for one in lock["packages"].values())
    assert all("integrity" in one for path, one in lock["packages"].items() if path)
