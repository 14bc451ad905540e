"""Sources whose licence keeps them out: never in an edition, and a build that takes one fails and names the file."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from technopole.core.errors import LicenceError
from technopole.editions import build
from technopole.editions.read import open_edition
from technopole.observations.singles import PART, SEVERAL, place_single
from technopole.sources.registry import adapter_ids, all_source_ids, load_source, source_ids

PAGES = Path(__file__).parents[2] / "docs" / "sources"
ADAPTERS = ["community", "greenness", "internet_exchanges", "oecd_metro", "openalex_elite", "top500", "tree_cover",
            "who_air"]  # fmt: skip


def test_adapters_are_no_sources_of_an_edition() -> None:
    assert adapter_ids() == ADAPTERS
    assert sorted([*source_ids(), *ADAPTERS]) == all_source_ids()
    assert not set(ADAPTERS) & set(open_edition().sources)


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_closed_file_stands_behind_each_and_its_page_says_so(name: str) -> None:
    source = load_source(name)
    own = [file for path, file in source.lock().items() if path.startswith(f"{name}/")]
    assert own
    assert all(file.licence_class == source.meta.licence_class for file in own)
    assert "An adapter: it never enters an edition." in (PAGES / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_observation_of_an_adapter_fails_the_build(name: str, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the registry let it through: the files' own classes are checked where the edition is built."""
    monkeypatch.setattr(build, "source_ids", lambda: [name])
    with pytest.raises(LicenceError, match=f"^{name}: {name}/") as caught:
        build.gather(mirror, open_edition().cities())
    assert "may not enter an edition" in str(caught.value)


class Answers:
    """A resolver that knows what is written here: name -> city, ring, method."""

    def __init__(self, known: dict[str, tuple[int, int, str]]) -> None:
        self.known = known

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        found = [self.known.get(name, (None, None, None)) for name in queries["name"]]
        schema = {"city": pl.Int64, "ring": pl.Int8, "method": pl.String}
        answers = pl.DataFrame(found, schema=schema, orient="row")
        return answers.with_columns(reason=pl.when(pl.col("city").is_null()).then(pl.lit("unknown name")))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["Own", "Suburb"], [None, PART]),
        (["Suburb"], [None]),  # alone in the core
        (["Suburb", "Suburb"], [SEVERAL, SEVERAL]),
        (["Own", "Other own", "Suburb"], [SEVERAL, SEVERAL, PART]),
        (["Outskirts"], [PART]),
        (["Nowhere", "Own"], ["unknown name", None]),
    ],
)
def test_one_row_stands_for_a_city(written: list[str], expected: list[str | None]) -> None:
    known = {
        "Own": (1, 0, "frame name"),
        "Other own": (1, 0, "frame name"),
        "Suburb": (1, 0, "place name"),
        "Outskirts": (1, 1, "place name"),
    }
    rows = pl.DataFrame({"name": written}).with_columns(
        country=pl.lit("XX"), variable=pl.lit("v"), amount=pl.lit(1.0), file=pl.lit("f"), row=pl.lit("1")
    )
    placed = place_single(rows, Answers(known))
    assert placed["reason"].to_list() == expected
    assert placed["place"].is_null().to_list() == [reason is not None for reason in expected]


def test_a_correction_of_a_users_file_mends_what_it_finds() -> None:
    from technopole.observations.corrections import apply_corrections
    from technopole.observations.variables import Correction

    table = pl.DataFrame({"city": ["A", "B"], "country": ["X", "Y"]})
    kept = {"file": "f.csv", "column": "country", "why": "because", "expires": False}
    corrections = [
        Correction(match={"city": "A"}, expect="X", value="Z", **kept),
        Correction(match={"city": "B"}, expect="X", value="Z", **kept),
        Correction(match={"city": "C"}, expect="X", value="Z", **kept),
        Correction(match={"city": "D"}, drop=True, file="f.csv", why="because", expires=False),
    ]
    assert apply_corrections(table, "f.csv", corrections)["country"].to_list() == ["Z", "Y"]
