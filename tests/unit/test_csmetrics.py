"""csmetrics: reading score files, venues, reviewed placements, the register."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from technopole.cities.institutions import SEVERAL, UNREGISTERED, registered
from technopole.core.errors import UpstreamError
from technopole.snapshots.upstream import Upstream
from technopole.sources.csmetrics.source import COMPANY, records
from technopole.sources.csmetrics.splitting import split
from technopole.sources.registry import load_source

REPOSITORY = Path(__file__).parents[2]
SOURCE = load_source("csmetrics")


@pytest.fixture(scope="module")
def sample(echo_resolver: type) -> pl.DataFrame:
    return records(Upstream(SOURCE.folder / "sample"), SOURCE.meta, echo_resolver())


def amounts(rows: pl.DataFrame, variable: str) -> dict[str, float]:
    return dict(rows.filter(pl.col("variable") == variable).group_by("row").agg(pl.col("amount").sum()).iter_rows())


def test_a_venue_belongs_to_one_variable(sample: pl.DataFrame) -> None:
    assert amounts(sample, "robotics_papers")["invented university of tokyo"] == 12.5
    assert amounts(sample, "ubiquitous_computing_papers") == {
        "invented university of tokyo": 1.0,
        "invented polytechnic of helsinki": 2.5,
    }
    assert amounts(sample, "electronics_design_papers") == {
        "invented polytechnic of helsinki": 4.0,
        "invented semiconductors": 6.0,
    }
    assert amounts(sample, "computer_science_papers")["invented university of tokyo"] == 5.0
    alone = sample.filter(~pl.col("row").is_in(["ibm", "chinese academy of sciences"]))
    assert alone.filter(pl.struct("file", "row").is_duplicated()).is_empty()


def test_years_after_the_last_are_not_read(sample: pl.DataFrame) -> None:
    assert sample.filter(pl.col("file").str.contains("2019")).is_empty()
    papers = sample.filter(~pl.col("variable").str.contains("_shared"))
    assert papers["amount"].sum() == pytest.approx(
        12.5 + 3.25 + 2.0 + 1.5 + 1.0 + 2.5 + 4.0 + 6.0 + 5.0 + 7.0 + 1.0 + 0.5
    )


def test_a_company_keeps_its_reason_and_organisations_with_laboratories_are_shared_out(sample: pl.DataFrame) -> None:
    reasons = dict(sample.filter(pl.col("place").is_null()).select("row", "reason").unique().iter_rows())
    assert reasons["invented semiconductors"] == COMPANY
    assert reasons["university nobody knows"] == UNREGISTERED
    assert len(reasons) == 2
    assert amounts(sample, "robotics_papers")["ibm"] == pytest.approx(1.5)
    assert amounts(sample, "robotics_papers_shared") == pytest.approx({"ibm": 1.5})
    assert amounts(sample, "computer_science_papers_shared") == pytest.approx({"chinese academy of sciences": 7.0})
    # this resolver puts all laboratories in one city: nothing is uncertain then
    assert amounts(sample, "robotics_papers_shared_variance") == pytest.approx({"ibm": 0.0})


def test_the_reviewed_placement_wins(echo_resolver: type) -> None:
    resolver = echo_resolver()
    records(Upstream(SOURCE.folder / "sample"), SOURCE.meta, resolver)
    toronto = resolver.asked.filter(pl.col("name") == "Toronto")
    assert toronto.select("country", "lat").rows() == [("CA", None)]


def test_register_wants_name_and_country() -> None:
    register = pl.DataFrame(
        [
            ("École Normale Supérieure", "education", "Bujumbura", "Burundi", "-3.38", "29.36"),
            ("The University of Somewhere", "education", "Here", "Hong Kong", "22.3", "114.2"),
            ("Acme (Germany)", "company|funder", "Berlin", "Germany", "52.5", "13.4"),
            ("Trinity College", "education", "Hartford", "United States", "41.8", "-72.7"),
            ("Trinity College", "education", "Washington", "United States", "38.9", "-77.0"),
        ],
        schema=["name", "types", "city", "country", "lat", "lon"],
        orient="row",
    )
    asked = pl.DataFrame(
        {
            "institution": ["a", "b", "c", "d"],
            "name": ["Ecole normale superieure", "University of Somewhere", "Acme", "Trinity College"],
            "country": ["France", "China", "Germany", "US"],
        }
    )
    found = registered(asked, register).rows_by_key("institution", named=True, unique=True)
    assert found["a"]["city"] is None
    assert found["a"]["unregistered"] == UNREGISTERED
    assert found["b"]["city"] == "Here"
    assert found["c"]["company"]
    assert found["d"]["city"] is None
    assert found["d"]["unregistered"] == SEVERAL


def institutions(*places: tuple[str, str | None, str | None, str | None]) -> pl.DataFrame:
    table = pl.DataFrame(places, schema=["institution", "name", "country", "reason"], orient="row")
    return table.cast(pl.String).with_columns(
        admin1=pl.lit(None, pl.String),
        lat=pl.lit(None, pl.Float64),
        lon=pl.lit(None, pl.Float64),
        label=pl.col("institution"),
    )


def papers(*rows: tuple[str, float]) -> pl.DataFrame:
    table = pl.DataFrame(rows, schema=["institution", "amount"], orient="row")
    return table.with_columns(file=pl.lit("f"), variable=pl.lit("v"))


MANY: tuple[str, str | None, str | None, str | None] = ("system", None, None, "multi-site organisation: x")


def test_a_system_is_shared_out_as_its_members_publish() -> None:
    known = institutions(
        MANY, ("north", "Turku", "FI", None), ("south", "Espoo", "FI", None), ("aside", "Oulu", "Finland", None)
    )
    rows = papers(("system", 8.0), ("north", 30.0), ("south", 10.0), ("aside", 60.0))
    splits = pl.DataFrame({"institution": ["system"] * 2, "member": ["north", "south"], "country": [None, None]})
    got = split(rows, known, splits.cast(pl.String))
    shared = got.filter(pl.col("institution") == "system")
    assert dict(shared.select("name", "amount").iter_rows()) == {"Turku": 6.0, "Espoo": 2.0}
    assert shared["reason"].null_count() == 2
    assert got["amount"].sum() == pytest.approx(rows["amount"].sum())
    country = pl.DataFrame({"institution": ["system"], "member": [None], "country": ["FI"]}).cast(pl.String)
    shared = split(rows, known, country).filter(pl.col("institution") == "system")
    assert dict(shared.select("name", "amount").iter_rows()) == pytest.approx({"Turku": 2.4, "Espoo": 0.8, "Oulu": 4.8})


def test_without_a_placed_member_the_reason_stays() -> None:
    known = institutions(MANY, ("north", None, None, "company: x"))
    splits = pl.DataFrame({"institution": ["system"], "member": ["north"], "country": [None]}).cast(pl.String)
    got = split(papers(("system", 8.0), ("north", 3.0)), known, splits)
    assert got.select("amount", "reason").rows() == [(8.0, "multi-site organisation: x"), (3.0, "company: x")]


@pytest.mark.parametrize(
    "content", ["[]", '{"a": 3}', '{"a": {"Citation Count": 1}}', '{"a": {"Publication Count": "x"}}']
)
def test_another_form_is_named(tmp_path: Path, content: str, echo_resolver: type) -> None:
    folder = tmp_path / "csmetrics" / "data" / "scores"
    folder.mkdir(parents=True)
    (folder / "icra_2015_affiliations.json").write_text(content)
    with pytest.raises(UpstreamError, match="icra_2015"):
        records(Upstream(tmp_path), SOURCE.meta, echo_resolver())


def test_declared_tables_name_what_upstream_has(mirror: Path) -> None:
    scores = mirror / "csmetrics" / "data" / "scores"
    files = sorted(scores.glob("*_affiliations.json"))
    keys = {key for file in files for key in json.loads(file.read_text(encoding="utf-8"))}
    venues = {file.name.rsplit("_", 2)[0] for file in files}
    placements = pl.read_csv(SOURCE.folder / "placements.csv", infer_schema=False)
    assert set(placements["institution"]) <= keys
    assert placements["institution"].is_unique().all()
    assert placements.filter(pl.col("city").is_null() == pl.col("left_out").is_null()).is_empty()
    assert placements["why"].null_count() == 0
    assert set(pl.read_csv(SOURCE.folder / "venues.csv")["venue"]) <= venues
    splits = pl.read_csv(SOURCE.folder / "splits.csv", infer_schema=False)
    assert set(splits["institution"]) | set(splits["member"].drop_nulls()) <= keys
    assert splits.filter(pl.col("member").is_null() == pl.col("country").is_null()).is_empty()
    assert splits["why"].null_count() == 0
    left_out = placements.filter(pl.col("left_out") == "multi-site organisation")["institution"]
    assert set(splits["institution"]) <= set(left_out), "without a placed member, the reason is the placements'"
