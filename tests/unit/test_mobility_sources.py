"""Rules of metro_systems, opentraveldata, cloud_regions and robotaxi that a first attempt gets wrong."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from technopole.core.errors import SourceCheckError, UpstreamError
from technopole.observations.placing import QUERY_COLUMNS
from technopole.snapshots.upstream import Upstream
from technopole.sources.cloud_regions import source as cloud_regions
from technopole.sources.ncses import source as ncses
from technopole.sources.registry import load_source

MILAN, HELSINKI, LONDON = 1, 2, 3


class Echo:
    """A resolver that puts every point into the city of its rounded latitude, and keeps the names it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        assert set(queries.columns) <= set(QUERY_COLUMNS)
        self.asked += queries.to_dicts()
        latitudes = queries["lat"].to_list() if "lat" in queries.columns else [None] * queries.height
        near = {45: MILAN, 60: HELSINKI, 51: LONDON}
        cities = [None if latitude is None else near.get(int(latitude)) for latitude in latitudes]
        return pl.DataFrame(
            {
                "city": cities,
                "ring": [None if city is None else 1 for city in cities],
                "method": ["echo"] * len(cities),
                "reason": ["outside" if city is None else None for city in cities],
            },
            schema={"city": pl.Int64, "ring": pl.Int8, "method": pl.String, "reason": pl.String},
        )


def _records(source_id: str, resolver: Echo) -> pl.DataFrame:
    source = load_source(source_id)
    return source.records(Upstream(source.folder / "sample"), resolver)


def test_metro_asks_by_name_never_by_coordinates() -> None:
    resolver = Echo()
    _records("metro_systems", resolver)
    assert all("lat" not in query for query in resolver.asked)
    by_name = {query["name"]: query for query in resolver.asked}
    assert by_name["San Juan"]["country"] == "Puerto Rico"
    assert by_name["Hong Kong"]["country"] == "Hong Kong"
    assert by_name["Taizhou"]["admin1"] == "Zhejiang"
    assert by_name["Tokyo"]["admin1"] is None


def test_an_airport_counts_for_the_city_it_serves_and_a_destination_city_once() -> None:
    records = _records("opentraveldata", Echo())
    placed = records.filter(pl.col("place").is_not_null()).select("place", "key", "row").rows()
    # Milan: Helsinki (the airline that flies more: line 3) and London, from either airport; not Malpensa to Linate
    assert ("1", "HEL", "3") in placed
    assert {key for place, key, _ in placed if place == "1"} == {"HEL", "LON"}
    assert {key for place, key, _ in placed if place == "2"} == {"LON", "IVL"}
    # the railway station at Paddington counts neither as an origin nor as a destination
    assert not any(place == "3" for place, _, _ in placed)
    unresolved = records.filter(pl.col("place").is_null())
    assert unresolved.select("label", "key").rows() == [("IVL", "HEL")]


def test_a_placeholder_moves_and_a_region_without_known_place_says_why() -> None:
    resolver = Echo()
    records = _records("cloud_regions", resolver).filter(pl.col("variable") == "cloud_providers")
    reasons = dict(records.filter(pl.col("reason").is_not_null()).select("row", "reason").rows())
    assert reasons["israelcentral"] == "the provider names only the country"
    rows = {row["row"]: row for row in records.iter_rows(named=True)}
    assert rows["ca-central-1"]["place"] == str(MILAN)  # 45.5 north: Montreal's latitude, no longer Toronto's
    assert rows["uksouth"]["place"] == str(LONDON)
    assert rows["uksouth"]["key"] == "azure"


def test_a_placement_expires_when_upstream_moves_the_region() -> None:
    regions = pl.DataFrame(
        [("aws", "us-east-2", "US East (Ohio)", "United States", 40.1, -83.0, "f")],
        schema=cloud_regions.SCHEMA,
        orient="row",
    )
    placements = cloud_regions.read_csv(cloud_regions.PLACEMENTS)
    with pytest.raises(SourceCheckError, match="aws us-east-2"):
        cloud_regions._corrected(regions, placements)


def test_every_placement_has_a_reason_and_both_coordinates_or_none() -> None:
    table = cloud_regions.read_csv(cloud_regions.PLACEMENTS)
    assert table.filter(pl.col("why").is_null()).is_empty()
    assert table.filter(pl.col("latitude").is_null() != pl.col("longitude").is_null()).is_empty()
    assert table.select("provider", "region").is_duplicated().sum() == 0


def test_robotaxi_counts_what_runs_not_what_was_announced_or_ended() -> None:
    resolver = Echo()
    records = _records("robotaxi", resolver)
    running = records.filter(pl.col("variable") == "robotaxi_services").select("key", "label").rows()
    # ended in London; announced in Berlin; without a source in Singapore
    assert running == [
        ("Invented Cabs", "Phoenix"),
        ("Bus Company", "Valence, Drôme, France"),
        ("Far Cabs", "Atlantis"),
    ]
    testing = records.filter(pl.col("variable") == "robotaxi_testing").select("key", "label").rows()
    assert testing == [("Other Cabs", "Tokyo")]
    points = {query["country"]: (query["lat"], query["lon"]) for query in resolver.asked if query["lat"] is not None}
    assert points["FR"] == (44.9337, 4.8967)  # upstream writes longitude first
    unknown = records.filter(pl.col("label") == "Atlantis")["reason"].to_list()
    assert unknown == ["the city isn't in places.csv"]


def test_ncses_stops_when_an_economy_is_dropped(tmp_path: Path) -> None:
    source = load_source("ncses")
    upstream_text = (source.folder / "sample" / ncses.FILE).read_text(encoding="utf-8")
    target = tmp_path / ncses.FILE
    target.parent.mkdir(parents=True)
    target.write_text("".join(line for line in upstream_text.splitlines(True) if "Japan" not in line), encoding="utf-8")
    with pytest.raises(UpstreamError, match="add up to"):
        source.records(Upstream(tmp_path), Echo())
