"""`technopole claims`: the article is covered sentence by sentence; shapes; safe answers to any file."""

import csv
import io
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml

from technopole.claims.declarations import article
from technopole.editions.read import open_edition
from technopole.indicators.themes import themes
from technopole.publish.claims_listed import listed_cities

TEXT = Path(__file__).parents[3] / "shared" / "article.txt"
VERDICTS = {"supported", "contradicted", "outdated", "imprecise", "untestable"}
Run = Callable[..., tuple[int, str, str]]


@cache
def sentences() -> dict[tuple[int, int], str]:
    """Sentences of the article by paragraph of prose and place; headings and captions don't count."""
    if not TEXT.is_file():
        pytest.skip(f"the article isn't at {TEXT}: its claims can't be located")
    lines = [line.strip() for line in TEXT.read_text(encoding="utf-8").splitlines()]
    prose = [line for line in lines if len(line) > 60 and not line.startswith("Image Source")]
    return {
        (number, place): sentence
        for number, paragraph in enumerate(prose, start=1)
        for place, sentence in enumerate(re.split(r"(?<=[.!?])\s+(?=[A-Z])", paragraph), start=1)
    }


def test_each_claim_is_found_where_it_says() -> None:
    for claim in article().claims:
        sentence = sentences()[claim.where.paragraph, claim.where.sentence]
        assert claim.quote in sentence, claim.id


def test_vague_words_stand_in_the_paragraph_of_their_claim() -> None:
    for claim in article().claims:
        paragraph = " ".join(text for (number, _), text in sentences().items() if number == claim.where.paragraph)
        assert claim.says is None or claim.says in paragraph, claim.id
        assert {(one.paragraph, one.sentence) for one in claim.also} <= set(sentences()), claim.id


def test_each_sentence_has_its_claims_or_a_reason_why_it_has_none() -> None:
    claimed = {(one.where.paragraph, one.where.sentence) for one in article().claims}
    silent = {(one.where.paragraph, one.where.sentence) for one in article().no_claim}
    assert claimed | silent == set(sentences())
    assert not claimed & silent


def test_the_text_itself_is_not_committed() -> None:
    shared = set()
    for claim in article().claims:
        for sentence in sentences().values():
            shared |= {claim.id for part in (claim.statement, claim.true_if) if len(part) > 45 and part in sentence}
    assert not shared


def test_the_list_of_ten_and_themes_are_those_of_the_article() -> None:
    assert len(article().claims) >= 45
    frame = set(open_edition().frame()["slug"])
    assert len(listed_cities()) == 10
    assert set(listed_cities()) <= frame
    assert {one.theme for one in article().claims} - {None} <= {one.id for one in themes()}


def test_claims_have_the_documented_shape(run: Run) -> None:
    status, out, err = run("claims", "--json")
    assert (status, err) == (0, "")
    listed = json.loads(out)
    assert [one["id"] for one in listed] == [one.id for one in article().claims]
    for one in listed:
        assert list(one)[:6] == ["id", "city", "statement", "verdict", "because", "evidence"]
        assert one["verdict"] in VERDICTS
        assert one["because"].endswith(".")
        assert set(one["readings"]) == {"strict", "loose"}
        assert set(one["readings"].values()) <= VERDICTS
        for item in one["evidence"]:
            assert item["citation"], item
            assert item["kind"] == "probability" or item["url"].startswith("http"), item
        if one["verdict"] != "untestable":
            deciding = [item for item in one["evidence"] if item["role"] == "now"]
            assert {item["source"] for item in deciding} >= set(one["sources"])
            assert one["sources"]
        else:
            assert "Needed: " in one["because"]


def test_claims_of_one_city_as_table_and_csv(run: Run) -> None:
    status, out, _ = run("claims", "--city", "ソウル")
    assert status == 0
    assert "contradicted" in out
    table = list(csv.DictReader(io.StringIO(run("claims", "--city", "Seoul", "--csv")[1])))
    assert {row["city"] for row in table} == {"seoul"}
    assert len(table) >= 5
    assert "No claim of the article" in run("claims", "--city", "Oulu")[1]
    assert run("claims", "--city", "Xyzzyville")[0] == 1


def test_the_city_page_shows_what_is_said_of_it(run: Run) -> None:
    page = json.loads(run("city", "helsinki", "--json")[1])
    assert page["claims"] == json.loads(run("claims", "--city", "helsinki", "--json")[1])
    assert "What the article says of it" in run("city", "helsinki")[1]
    assert "What the article says of it" not in run("city", "oulu")[1]


def test_the_list_is_judged_per_lens_and_side(run: Run) -> None:
    shape = json.loads(run("claims", "list", "--json")[1])
    assert [(one["lens"], one["side"]) for one in shape["tables"]] == [
        (lens, side) for lens in ("scale", "intensity") for side in (None, "makes", "lives")
    ]
    ranks = json.loads(run("rank", "--json")[1])["cities"]
    first = shape["tables"][0]
    ours = {one["slug"]: (one["rank"], one["rank_low"], one["rank_high"]) for one in ranks}
    for one in first["cities"] + first["better_unlisted"]:
        assert ours[one["slug"]] == (one["rank"], one["rank_low"], one["rank_high"])
    named = set(listed_cities())
    assert {one["slug"] for one in first["cities"]} | set(first["not_ranked"]) == named
    lowest = max(one["rank"] for one in first["cities"])
    assert [one["slug"] for one in first["better_unlisted"]] == [
        one["slug"] for one in ranks if one["rank"] < lowest and one["slug"] not in named
    ]
    for table in shape["tables"]:
        for one in table["cities"]:
            chances = [one["probability"][str(place)] for place in shape["places"]]
            assert chances == sorted(chances)
            assert (one["slug"] in table["belongs"]["20"]) == (one["probability"]["20"] >= 0.9)
            # the range says the same: the 95 % quantile within the first places leaves at most 5 % beyond them
            if one["rank_high"] <= 20:
                assert one["slug"] in table["belongs"]["20"]
            if one["rank_low"] > 20:
                assert one["probability"]["20"] <= 0.05 + 1e-9
    assert "Left out by the article" in run("claims", "list")[1]
    assert len(list(csv.DictReader(io.StringIO(run("claims", "list", "--csv")[1])))) >= 60


HEADER = "city,indicator,theme,comparator,value,year,unit\n"
BAD_LINES = {
    "unknown city": ("Xyzzyville,unicorns,,>=,3,,", "there is no city 'Xyzzyville'"),
    "impossible year": ("Tokyo,metro_length,,>,300,2350,km", "the year 2350 can't be"),
    "no year": ("Tokyo,metro_length,,>,300,soon,km", "the year is 'soon'"),
    "wrong unit": ("Tokyo,metro_length,,>,300,2023,miles", "metro_length is in km, not 'miles'"),
    "impossible share": ("London,transit_access,,>,180,,%", "the value 180 can't be one of transit_access"),
    "negative": ("London,unicorns,,>,-3,,", "the value -3 can't be one of unicorns"),
    "markup": ("<b>Paris</b>,unicorns,,>,1,,", "city holds markup, '‹b›Paris‹/b›'"),
    "script": ("<script>alert(1)</script>,unicorns,,>,1,,", "city holds markup"),
    "formula": ("\"=cmd|' /C calc'!A0\",unicorns,,>,1,,", "city looks like a formula"),
    "formula in a unit": ("Paris,unicorns,,>,1,,@SUM(A1)", "unit looks like a formula"),
    "terminal codes": ("Par\x1b[31mis,unicorns,,>,1,,", "can't be printed"),
    "unknown indicator": ("Paris,unikorns,,>,1,,", "did you mean unicorns"),
    "unknown comparator": ("Paris,unicorns,,around,1,,", "the comparator is 'around'"),
    "no number": ("Paris,unicorns,,>,many,,", "the value is 'many'"),
    "not finite": ("Paris,unicorns,,>,inf,,", "the value is 'inf'"),
    "rank zero": ("Paris,unicorns,,rank,0,,", "a rank of '0' can't be"),
    "both": ("Paris,unicorns,startups,>,1,,", "an indicator or a theme is needed, and not both"),
    "theme of many measures": ("Paris,,startups,>,1,,", "has several measures"),
    "unmeasured theme": ("Paris,,wealth,rank,1,,", "isn't measured"),
    "long": (f"{'x' * 300},unicorns,,>,1,,", "city has 300 characters"),
}


@pytest.mark.parametrize(("line", "message"), BAD_LINES.values(), ids=list(BAD_LINES))
def test_a_wrong_line_is_one_clear_message_and_the_others_are_judged(
    run: Run, tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"{HEADER}Helsinki,unicorns,,>=,0,2025,companies\n{line}\n", encoding="utf-8")
    status, out, err = run("claims", "check", path, "--json")
    assert status == 1
    assert err.count("\n") == 1
    assert "own.csv, line 3: " in err
    assert message in err
    shape = json.loads(out)
    assert [one["id"] for one in shape["claims"]] == ["line 2"]
    for text in (out, err, run("claims", "check", path)[1], run("claims", "check", path, "--csv")[1]):
        assert not re.search(r"[<>]\w|\x1b|script>", text)
    cells = [cell for row in csv.reader(io.StringIO(run("claims", "check", path, "--csv")[1])) for cell in row]
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "@", "-"}]


def test_verdicts_on_own_claims(run: Run, tmp_path: Path) -> None:
    rows = [
        ("Tokyo,metro_length,,over,1,2023,km", "supported"),
        ("Tokyo,metro_length,,over,100000,2023,km", "contradicted"),
        ("San Francisco,unicorns,,highest,,2025,", "supported"),
        ("Seoul,patents,,first,,,", "contradicted"),
        ("Seoul,patents,,rank,10,,", "supported"),
        ("東京,Digital payments,,at least,90,2021,% of adults", "supported"),
        ("Berlin,developer_conferences,,over,1,1990,", "untestable"),
        ("Oulu,skyscrapers,,over,1,,", "untestable"),
        ("Seoul,,venture_capital,rank,30,,", "supported"),
    ]
    path = tmp_path / "own.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row, _ in rows), encoding="utf-8")
    status, out, err = run("claims", "check", path, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)["claims"]
    assert [one["verdict"] for one in found] == [verdict for _, verdict in rows]
    for one in found:
        assert list(one) == ["id", "city", "statement", "verdict", "because", "evidence"]
        assert one["verdict"] == "untestable" or all(item["citation"] for item in one["evidence"])
    assert "of 2022-2026" in found[6]["because"]
    listed = [dict(zip(HEADER.strip().split(","), row.split(","), strict=True)) for row, _ in rows]
    other = tmp_path / "own.yaml"
    other.write_text(yaml.safe_dump({"claims": listed}, allow_unicode=True), encoding="utf-8")
    assert [one["verdict"] for one in json.loads(run("claims", "check", other, "--json")[1])["claims"]] == [
        verdict for _, verdict in rows
    ]


def test_the_city_that_was_found_is_named_with_what_the_file_wrote(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        f"{HEADER}Atlantis,unicorns,,>=,0,,\nTOKYO,unicorns,,>=,0,,\n東京,unicorns,,>=,0,,\n", encoding="utf-8"
    )
    said = [one["statement"] for one in json.loads(run("claims", "check", path, "--json")[1])["claims"]]
    assert said[0].startswith("Cape Town (South Africa), written 'Atlantis': ")
    assert said[1].startswith("Tokyo (Japan): ")
    assert said[2].startswith("Tokyo (Japan), written '東京': ")


def test_a_file_with_semicolons_is_read_as_well(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes("\ufeffcity;indicator;comparator;value\r\nZürich;unicorns;>=;0\r\n".encode())
    status, out, err = run("claims", "check", path, "--json")
    assert (status, err) == (0, "")
    assert [one["city"] for one in json.loads(out)["claims"]] == ["zurich"]


BAD_CLAIMS = {
    "unknown key": ("colour: red", "it has the unknown column 'colour'"),
    "list": ("value: [1, 2]", "value is a list or a mapping"),
    "mapping": ("city: {a: b}", "city is a list or a mapping"),
    "markup": ("unit: '<script>'", "unit holds markup"),
    "formula": ("unit: '=1+1'", "unit looks like a formula"),
    "truth": ("value: yes", "the value is 'True'"),
    "unknown city": ("city: Xyzzyville", "there is no city 'Xyzzyville'"),
}


@pytest.mark.parametrize(("line", "message"), BAD_CLAIMS.values(), ids=list(BAD_CLAIMS))
def test_a_wrong_claim_in_yaml_leaves_the_others(run: Run, tmp_path: Path, line: str, message: str) -> None:
    given = {"city": "Tokyo", "indicator": "unicorns", "comparator": "over", "value": 1}
    given = {**given, **yaml.safe_load(line)}
    path = tmp_path / "own.yaml"
    right = {"city": "Helsinki", "indicator": "unicorns", "comparator": "at least", "value": 0}
    path.write_text(yaml.safe_dump([given, right, "no mapping"], allow_unicode=True), encoding="utf-8")
    status, out, err = run("claims", "check", path, "--json")
    assert status == 1
    assert f"own.yaml, claim 1: {message}" in err
    assert "own.yaml, claim 3: it isn't a mapping" in err
    assert [one["id"] for one in json.loads(out)["claims"]] == ["claim 2"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("own.csv", "", "is empty"),
        ("own.csv", HEADER, "holds no claim"),
        ("own.csv", "city,value\nTokyo,1\n", "lacks the column"),
        ("own.csv", "city,indicator,comparator,value,colour\nTokyo,unicorns,>,1,red\n", "unknown column 'colour'"),
        ("own.txt", "x", "neither .csv nor .yaml"),
        ("own.yaml", "a: &x [1]\nb: *x\n", "aliases"),
        ("own.yaml", "- !!python/object/apply:os.system [ls]\n", "isn't valid YAML"),
        ("own.yaml", "just text", "isn't a list of claims"),
        ("none.csv", None, "isn't there"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    run: Run, tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    status, out, err = run("claims", "check", path)
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert message in err
