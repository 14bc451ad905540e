"""The shipped edition: whole, small, honest about licences. tests/faults/test_kills.py rebuilds it from the mirror."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from technopole.core.types import PRESENT, SHIPPABLE, Boundary, Lens, LicenceClass
from technopole.editions.read import Edition, open_edition, verify_edition
from technopole.editions.trace import trace
from technopole.indicators.declarations import Indicator, catalogue

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


def test_every_file_matches_its_checksum(edition: Edition) -> None:
    assert "results.parquet" in verify_edition(edition)


def test_it_is_small(edition: Edition) -> None:
    sizes = {name: one["bytes"] for name, one in edition.manifest["files"].items()}
    reference = sum(size for name, size in sizes.items() if name.startswith("reference/"))
    assert sum(sizes.values()) - reference <= 10 * MEGABYTE
    assert reference <= 15 * MEGABYTE


def test_licences_allow_what_is_shipped(edition: Edition) -> None:
    classes = {LicenceClass(one) for one in edition.table("files")["licence_class"]}
    assert classes <= SHIPPABLE
    closed = edition.table("files").filter(
        pl.col("licence_class").is_in([LicenceClass.AGGREGATE_ONLY.value, LicenceClass.QUOTED.value])
    )
    rows = edition.table("evidence").join(closed.select("file"), on="file", how="semi")
    assert rows.height > 0
    assert rows["amount"].null_count() == rows.height  # of these only sums, and where the rows are
    assert rows["key"].null_count() == rows.height
    for source in edition.sources.values():
        assert source["citation"]
        assert source["licence"]


def test_no_persons(edition: Edition) -> None:
    assert edition.table("unresolved").filter(pl.col("label").str.contains("@")).is_empty()


def test_every_missing_value_has_a_reason(edition: Edition) -> None:
    values = edition.table("indicators")
    present = values["status"].is_in([status.value for status in PRESENT])
    assert (values["value"].is_not_null() == present).all()
    zero = values.filter(pl.col("status") == "zero")
    assert (zero["value"] == 0).all()


def test_boundaries_are_nested_for_counts(edition: Edition) -> None:
    counts = edition.table("observations").filter(pl.col("level") == "city").pivot(
        "boundary", index=["variable", "place"], values="value"
    )  # fmt: skip
    core, agglomeration, region = (counts[one.value].fill_null(0.0) for one in Boundary)
    assert (core <= agglomeration + 1e-9).all()
    assert (agglomeration <= region + 1e-9).all()


def test_tiers_do_not_depend_on_filters_and_anchors_come_first(edition: Edition) -> None:
    results = edition.table("results")
    for _, table in results.group_by("lens", "boundary", "side"):
        ordered = table.sort("rank", "city")
        firsts = ordered.group_by("tier", maintain_order=True).first()["tier"].to_list()
        assert firsts == sorted(firsts)  # a tier's anchor is better placed than every later anchor
        assert ordered["tier"][0] == 1


@pytest.mark.parametrize("indicator", catalogue().indicators, ids=lambda one: one.id)
def test_every_number_of_every_ranked_city_is_traced(edition: Edition, indicator: Indicator) -> None:
    """Rows and a licence, or a reason. test_trace_mirror.py reads the rows again where the mirror is."""
    ranked = edition.table("coverage").filter("eligible")["city"]
    frame = edition.frame().filter(pl.col("city").is_in(ranked.implode()))
    assert frame.height >= 250
    files = set(edition.table("files")["sha256"])
    for city in frame.iter_rows(named=True):
        chain = trace(edition, city, indicator)
        assert chain["source"]["licence"]
        assert chain["source"]["citation"]
        if chain["status"] in {"observed", "lower bound"}:
            assert chain["value"] is not None
            assert any(file["rows"] for file in chain["files"]), city["slug"]
            assert {file["sha256"] for file in chain["files"]} <= files
        elif chain["status"] != "inherited":
            assert chain["because"]


def test_a_truncated_mirror_file_stops_the_build_and_is_named(tmp_path: Path, mirror: Path) -> None:
    damaged = tmp_path / "mirror"
    damaged.mkdir()
    for source in mirror.iterdir():
        (damaged / source.name).symlink_to(source)
    (damaged / "metro_systems").unlink()
    (damaged / "metro_systems").mkdir()
    whole = (mirror / "metro_systems" / "metro_systems.csv").read_bytes()
    (damaged / "metro_systems" / "metro_systems.csv").write_bytes(whole[:-100])
    words = [
        sys.executable,
        "-m",
        "technopole.cli.main",
        "data",
        "build",
        "--out",
        tmp_path / "out",
        "--mirror",
        damaged,
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("technopole: upstream file metro_systems/metro_systems.csv")
    assert not (tmp_path / "out").exists()


def test_lens_and_boundary_tables_are_complete(edition: Edition) -> None:
    combinations = edition.table("results").select("lens", "boundary", "side").unique().rows()
    sides = ("index", *edition.framework().sides())
    assert sorted(combinations) == sorted(
        (lens.value, b.value, side) for lens in Lens for b in Boundary for side in sides
    )
