"""The command line on the shipped edition: shapes that users rely on, and one clear line for each wrong input."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from technopole.editions.shipped import default_framework, latest_edition

ARTICLE = {
    "Tokyo": "JP", "Singapore": "SG", "Taipei": "TW", "Shanghai": "CN", "Seoul": "KR", "New York": "US",
    "San Francisco": "US", "London": "GB", "Helsinki": "FI", "Toronto": "CA",
}  # fmt: skip
Run = Callable[..., tuple[int, str, str]]


def as_json(result: tuple[int, str, str]) -> Any:
    status, out, err = result
    assert (status, err) == (0, "")
    return json.loads(out)


def test_rank_has_the_documented_shape(run: Run) -> None:
    table = as_json(run("rank", "--json"))
    assert list(table) == ["edition", "framework", "lens", "side", "boundary", "cities", "unranked"]
    assert len(table["cities"]) >= 250
    ranks = [city["rank"] for city in table["cities"]]
    assert ranks == sorted(ranks)
    assert ranks[0] == 1
    for city in table["cities"]:
        assert list(city) == [
            "rank", "tier", "id", "slug", "name", "country", "score", "rank_low", "rank_high", "nominal_outside",
            "coverage", "confidence", "pillars",
        ]  # fmt: skip
        assert 1 <= city["rank_low"] <= city["rank_high"] <= len(ranks)
        assert city["nominal_outside"] == (not city["rank_low"] <= city["rank"] <= city["rank_high"])
        assert city["tier"] >= 1
        assert 0.8 - 1e-9 <= city["coverage"] <= 1
        assert 0 < city["confidence"] <= city["coverage"] + 0.2  # weights differ between indicators
        assert 0 <= city["score"] <= 100
        assert all(0 <= score <= 100 for score in city["pillars"].values())
    scores = [city["score"] for city in table["cities"]]
    assert scores == sorted(scores, reverse=True)


def test_each_city_of_the_article_is_ranked_or_shown_with_what_is_missing(run: Run) -> None:
    table = as_json(run("rank", "--json"))
    ranked = {(city["name"], city["country"]) for city in table["cities"]}
    unranked = {(city["name"], city["country"]): city["missing"] for city in table["unranked"]}
    for city in ARTICLE.items():
        assert city in ranked or unranked[city]


def test_no_code_names_a_city_of_the_article() -> None:
    """No special treatment: the stages from indicators to ranks don't know any city's name or id."""
    root = Path(__file__).parents[2] / "src" / "technopole"
    for stage in ("kernel", "index", "robustness", "editions", "publish", "cli"):
        for path in (root / stage).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("#", '"""', ">>>")))
            assert not [name for name in (*ARTICLE, "1850147", "5391959") if f'"{name}"' in code], path


def test_filters_show_less_and_move_nothing(run: Run) -> None:
    whole = {city["id"]: city for city in as_json(run("rank", "--json"))["cities"]}
    some = as_json(run("rank", "--json", "--country", "Finland", "--country", "JP", "--min-population", 1_000_000))
    assert {city["country"] for city in some["cities"]} == {"FI", "JP"}
    assert all(whole[city["id"]] == city for city in some["cities"])
    assert len(as_json(run("rank", "--json", "--top", 5))["cities"]) == 5


@pytest.mark.parametrize("words", [("--lens", "intensity"), ("--side", "lives"), ("--boundary", "core")])
def test_lens_side_and_boundary_recompute_ranges(run: Run, words: tuple[str, str]) -> None:
    default, other = as_json(run("rank", "--json")), as_json(run("rank", "--json", *words))
    assert other[words[0].removeprefix("--")] == words[1]
    assert {city["id"] for city in default["cities"]} == {city["id"] for city in other["cities"]}

    def ranges(table: Any) -> dict[int, tuple[float, float]]:
        return {city["id"]: (city["rank_low"], city["rank_high"]) for city in table["cities"]}

    assert ranges(default) != ranges(other)


def test_weights_recompute_and_the_default_weights_change_nothing(run: Run) -> None:
    default = as_json(run("rank", "--json"))
    same = as_json(run("rank", "--json", "--weights", "makes=1,unicorns=1"))
    assert [c["id"] for c in same["cities"]] == [c["id"] for c in default["cities"]]
    assert [c["rank_low"] for c in same["cities"]] == [c["rank_low"] for c in default["cities"]]
    makes = as_json(run("rank", "--json", "--weights", "lives=0"))
    side = as_json(run("rank", "--json", "--side", "makes"))
    assert [c["id"] for c in makes["cities"]] == [c["id"] for c in side["cities"]]
    twice = [run("rank", "--json", "--weights", "unicorns=2")[1] for _ in range(2)]
    assert twice[0] == twice[1]


def test_the_default_framework_given_as_a_file_changes_nothing(run: Run) -> None:
    """The shipped tables and what is computed anew agree as content digests do, not to the last bit."""
    _, shipped, _ = run("rank", "--json")
    _, computed, _ = run("rank", "--json", "--framework", default_framework())
    one, other = (json.loads(text, parse_float=lambda digits: f"{float(digits):.9g}") for text in (shipped, computed))
    assert one == other


def test_csv_and_table_show_the_same_cities(run: Run) -> None:
    status, out, _ = run("rank", "--csv", "--top", 3)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    _, table, _ = run("rank", "--top", 3)
    assert all(row["name"] in table for row in rows)


def test_city_has_the_documented_shape(run: Run) -> None:
    page = as_json(run("city", "Helsinki", "--json"))
    assert page["slug"] == "helsinki"
    assert {"ranks", "pillars", "indicators", "strengths", "weaknesses", "missing"} <= set(page)
    assert len(page["ranks"]) == 2 * 3 * 3
    for one in page["indicators"]:
        assert {"id", "value", "unit", "period", "status", "normalised", "rank"} <= set(one)
    status, out, _ = run("city", "東京")
    assert status == 0
    assert "Tokyo" in out


def test_an_unranked_city_says_what_is_missing(run: Run) -> None:
    slug = as_json(run("rank", "--json"))["unranked"][-1]["slug"]
    page = as_json(run("city", slug, "--json"))
    assert page["ranked"] is False
    assert page["ranks"] == []
    assert "Not ranked" in run("city", slug)[1]


def test_trace_has_the_documented_shape(run: Run) -> None:
    chain = as_json(run("trace", "Tokyo", "metro_length", "--json"))
    for key in ("city", "indicator", "status", "value", "unit", "period", "treated", "normalised", "weight"):
        assert chain[key] is not None
    assert set(chain["source"]) == {"id", "licence", "citation"}
    assert [sorted(file) for file in chain["files"]] == [["path", "rows", "sha256", "url", "variable"]]
    assert len(chain["files"][0]["rows"]) >= 2  # Tokyo has several systems
    assert chain["contribution"] == pytest.approx(chain["weight"] * chain["normalised"])


def test_resolve_has_the_documented_shape(run: Run) -> None:
    (answer,) = as_json(run("resolve", "Munchen", "--country", "Germany", "--json"))
    assert list(answer) == ["input", "id", "slug", "name", "country", "method", "reason"]
    assert (answer["slug"], answer["country"], answer["reason"]) == ("munich", "DE", None)
    (nothing,) = as_json(run("resolve", "Xyzzyville", "--json"))
    assert nothing["id"] is None
    assert nothing["reason"]
    (point,) = as_json(run("resolve", "--lat", 60.17, "--lon", 24.94, "--json"))
    assert point["slug"] == "helsinki"


def test_resolve_reads_a_file_in_order(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(
        "name,country,admin1,lat,lon\nサンフランシスコ,,,,\n,SG,,,\n,,,35.68,139.69\n,,,,\n", encoding="utf-8"
    )
    answers = as_json(run("resolve", "--csv", path, "--json"))
    assert [answer["slug"] for answer in answers] == ["san-francisco", "singapore", "tokyo", None]
    assert answers[3]["reason"]


def test_data_commands_have_their_shapes(run: Run) -> None:
    sources = as_json(run("data", "sources", "--json"))
    assert len(sources) >= 10
    for source in sources:
        assert {"id", "title", "licence", "licence_class", "vintage", "resolved_share"} <= set(source)
        assert source["shipped"] == (source["licence_class"] not in {"restricted", "unclear"})
        assert source["shipped"] or source["because"].startswith(f"{source['licence_class']}: ")
    shipped = {one["id"] for one in sources if one["shipped"]}
    assert {one["id"] for one in as_json(run("data", "licences", "--json"))} > shipped
    status = as_json(run("data", "status", "--json"))
    assert status["ranked"] >= 250
    unresolved = as_json(run("data", "status", "--unresolved", "--json"))
    assert len(unresolved) == status["unresolved_kinds"]
    assert {"source", "variable", "reason", "label", "records"} <= set(unresolved[0])
    assert as_json(run("data", "verify", "--json"))["content_digest"] == status["content_digest"]


def test_the_promised_shares_of_rows_are_resolved(run: Run) -> None:
    share = {source["id"]: source["resolved_share"] for source in as_json(run("data", "sources", "--json"))}
    assert share["unicorns"] > 0.95
    assert share["financedatabase"] > 0.89
    assert share["csmetrics"] > 0.84


def edited(tmp_path: Path, change: Callable[[Path], object]) -> Path:
    folder = tmp_path / "edition"
    shutil.copytree(latest_edition(), folder)
    change(folder)
    return folder


HEADER = "name,country,admin1,lat,lon\n"
WRONG: dict[str, tuple[str | bytes | None, tuple[str, ...], str]] = {
    # name: (content of the file FILE, words, what the line says)
    "unknown city": (None, ("city", "Helsingfros"), "did you mean"),
    "unknown city in trace": (None, ("trace", "Tokio Drift", "unicorns"), "there is no city"),
    "unknown indicator": (None, ("trace", "Tokyo", "unicron"), "did you mean unicorns"),
    "unknown country": (None, ("rank", "--country", "Atlantis"), "there is no country 'Atlantis'"),
    "unknown lens": (None, ("rank", "--lens", "scales"), "did you mean scale"),
    "unknown side": (None, ("rank", "--side", "live"), "did you mean lives"),
    "unknown boundary": (None, ("rank", "--boundary", "cores"), "did you mean core"),
    "negative population": (None, ("rank", "--min-population", "-5"), "give a number of 0 and more"),
    "no city to show": (None, ("rank", "--top", "0"), "give a number of 1 and more"),
    "negative weight": (None, ("rank", "--weights", "unicorns=-1"), "give a number of 0 and more"),
    "zero weights": (None, ("rank", "--weights", "makes=0,lives=0"), "are zero"),
    "weight without number": (None, ("rank", "--weights", "unicorns"), "name=number"),
    "unknown weight": (None, ("rank", "--weights", "unicorn=1"), "did you mean unicorns"),
    "malformed CSV": (HEADER + '"Tokyo,JP,,,\n', ("resolve", "--csv", "FILE"), "can't be read as CSV"),
    "too many cells": (HEADER + "a,b,c,1,2,3\n", ("resolve", "--csv", "FILE"), "line 2"),
    "missing column": ("name,land\nTokyo,JP\n", ("resolve", "--csv", "FILE"), "lacks the column"),
    "wrong encoding": ((HEADER + "Z\xfcrich,CH,,,\n").encode("latin-1"), ("resolve", "--csv", "FILE"), "UTF-8"),
    "empty file": ("", ("resolve", "--csv", "FILE"), "is empty"),
    "not a number": (HEADER + ",,,north,1\n", ("resolve", "--csv", "FILE"), "line 2: lat"),
    "half a point": (None, ("resolve", "--lat", "1"), "both --lat and --lon"),
    "nothing to resolve": (None, ("resolve",), "nothing to resolve"),
    "absent file": (None, ("resolve", "--csv", "none.csv"), "isn't there"),
    "unknown framework key": ("id: x\ncolour: red\n", ("rank", "--framework", "FILE"), "FILE"),
    "framework not YAML": ("a: [\n", ("rank", "--framework", "FILE"), "isn't valid YAML"),
    "absent framework": (None, ("rank", "--framework", "none.yaml"), "isn't there"),
    "no edition": (None, ("rank", "--edition", "nowhere"), "is no edition"),
    "no mirror": (None, ("data", "build", "--mirror", "nowhere", "--out", "FILE"), "absent"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_clear_line_and_status_1(run: Run, tmp_path: Path, case: str) -> None:
    content, words, says = WRONG[case]
    file = tmp_path / "input.dat"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    status, out, err = run(*[str(file) if word == "FILE" else word for word in words])
    assert status == 1
    assert out == ""
    lines = [line for line in err.splitlines() if line.startswith("technopole: ")]
    assert len(lines) == 1
    assert err.splitlines()[-1] == lines[0]
    assert says.replace("FILE", file.name) in lines[0]
    assert "Traceback" not in err


def spoil(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"PAR1 this is not a table PAR1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (spoil("results.parquet"), ("rank",)),
        (spoil("indicators.parquet"), ("rank", "--weights", "unicorns=2")),
        (spoil("evidence.parquet"), ("trace", "tokyo", "unicorns")),
        (spoil("scores.parquet"), ("trace", "tokyo", "unicorns")),
        (spoil("reference/frame.parquet"), ("rank",)),
        (spoil("reference/aliases.parquet"), ("resolve", "Tokyo")),
        (spoil("edition.json"), ("rank",)),
        (lambda folder: (folder / "results.parquet").unlink(), ("rank",)),
        (lambda folder: (folder / "edition.json").write_text('{"format": 99}'), ("rank",)),
    ],
)
def test_a_damaged_edition_is_one_clear_line(
    run: Run, tmp_path: Path, change: Callable[[Path], object], words: tuple[str, ...]
) -> None:
    status, _, err = run(*words, "--edition", edited(tmp_path, change))
    assert status == 1
    assert len(err.splitlines()) == 1
    assert err.startswith("technopole: ")


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "results.parquet").write_bytes((folder / "results.parquet").read_bytes()[:-9]),
        lambda folder: (folder / "framework.yaml").write_text("id: x\n"),
        lambda folder: (folder / "reference" / "names.parquet").unlink(),
        lambda folder: (folder / "stray.txt").write_text("x"),
    ],
)
def test_verify_finds_every_change(run: Run, tmp_path: Path, change: Callable[[Path], object]) -> None:
    status, _, err = run("data", "verify", edited(tmp_path, change))
    assert status == 1
    assert len(err.splitlines()) == 1


def test_a_wrong_form_is_status_2(run: Run) -> None:
    assert run("rank", "--no-such-option")[0] == 2
    assert run("no-such-command")[0] == 2


def test_debug_shows_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TECHNOPOLE_DEBUG", "")
    with pytest.raises(Exception, match="there is no country"):
        run("--debug", "rank", "--country", "Atlantis")
