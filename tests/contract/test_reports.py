"""Reports: pages, fonts, sources of every number, nothing that overlaps or breaks, nothing from outside."""

import io
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from technopole.editions.read import Edition, open_edition
from technopole.publish.claims_listed import listed_cities
from technopole.publish.finding import find_city
from technopole.publish.report.city import city_report
from technopole.publish.report.content import Cited, CityReport
from technopole.publish.report.facts import fact_check
from technopole.publish.report.native import city_name, declared, native_name
from technopole.publish.report.render import city_html, claims_html, native_font, pdf

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Debian without libharfbuzz-subset0
        import weasyprint
except (ImportError, OSError) as error:  # OSError: Pango is missing
    pytest.skip(f"WeasyPrint can't be used ({error}; extra report): no PDF is tested", allow_module_level=True)
pypdf = pytest.importorskip("pypdf", reason="pypdf isn't installed: no PDF is read back")

TEN = listed_cities()
CLAIMS = "the claims"
EVERY = [*TEN, "oulu", "shenzhen", "bangkok", CLAIMS]
NATIVE = {"tokyo": "東京", "seoul": "서울", "shanghai": "上海", "taipei": "臺北", "shenzhen": "深圳"}


@cache
def edition() -> Edition:
    return open_edition()


@cache
def page(name: str) -> str:
    if name == CLAIMS:
        return claims_html(fact_check(edition()))
    return city_html(city_report(edition(), find_city(edition(), name)))


@cache
def printed(name: str) -> bytes:
    return pdf(page(name))


@cache
def read(name: str) -> Any:
    return pypdf.PdfReader(io.BytesIO(printed(name)))


@cache
def layout(name: str) -> Any:
    """Pages as WeasyPrint lays them out."""
    return weasyprint.HTML(string=page(name)).render()


def boxes(name: str) -> Iterator[tuple[int, Any]]:
    for number, one in enumerate(layout(name).pages):
        for box in one._page_box.descendants():
            yield number, box


@pytest.mark.parametrize("name", [*TEN, "oulu", "shenzhen", "bangkok"])
def test_a_report_has_two_to_four_pages(name: str) -> None:
    assert 2 <= len(read(name).pages) <= 4


@pytest.mark.parametrize("name", EVERY)
def test_every_font_is_ours_and_embedded(name: str) -> None:
    found = {}
    for one in read(name).pages:
        for font in one["/Resources"]["/Font"].values():
            inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            found[font["/BaseFont"]] = {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner)
    assert found
    assert all(found.values()), found
    assert all(re.fullmatch(r"/[A-Z]{6}\+Noto-Sans[A-Za-z-]*", font) for font in found), found


@pytest.mark.parametrize("name", [*NATIVE, "bangkok"])
def test_the_native_name_is_printed(name: str) -> None:
    native = native_name(edition(), name)
    assert native == NATIVE.get(name, "กรุงเทพมหานคร")
    assert f">{native}<" in page(name)
    text = read(name).pages[0].extract_text()
    if name != "bangkok":  # Thai vowels are reordered by what reads PDF
        assert native in text
    fonts = {font for one in read(name).pages for font in one["/Resources"]["/Font"]}
    assert len(fonts) >= 3


def test_a_reviewed_name_comes_before_the_rule() -> None:
    names = edition().cities().names
    pohang = edition().frame().filter(pl.col("slug") == "pohang")["city"][0]
    written = names.filter((pl.col("city") == pohang) & (pl.col("script") == "Hangul"))["name"].to_list()
    assert city_name(written, "Hangul") == ""
    assert native_name(edition(), "pohang") == "포항"


def test_fonts_have_a_glyph_for_each_native_name() -> None:
    ttlib = pytest.importorskip("fontTools.ttLib")
    folder = Path(sys.modules["technopole.publish.report.native"].__file__ or "").with_name("fonts")
    glyphs = {path.name: set(ttlib.TTFont(path).getBestCmap()) for path in sorted(folder.glob("*.[ot]tf"))}
    ranked = edition().table("coverage").filter("eligible")["city"]
    cities = edition().frame().filter(pl.col("city").is_in(ranked.implode()))
    named = 0
    from technopole.publish.report.native import FONT
    from technopole.publish.report.render import BLOCKS, SCRIPTS

    files = dict(SCRIPTS) | {family: file for _, _, family, file in BLOCKS} | {"": "NotoSans-Regular.ttf"}
    for slug, country in cities.select("slug", "country").iter_rows():
        native = native_name(edition(), slug)
        family, _ = native_font(native, FONT.get(country, ""))
        named += bool(native)
        assert {ord(letter) for letter in native} <= glyphs[files[family]] | {0x20}, (slug, native)
    assert named >= 60


def test_declared_names_are_names_of_the_edition() -> None:
    names = edition().cities().names
    for slug, name in declared().items():
        city = edition().frame().filter(pl.col("slug") == slug)
        assert city.height == 1, slug
        assert not names.filter((pl.col("city") == city["city"][0]) & (pl.col("name") == name)).is_empty(), slug


def test_the_licence_of_the_fonts_is_beside_them_and_allows_embedding() -> None:
    ttlib = pytest.importorskip("fontTools.ttLib")
    folder = Path(sys.modules["technopole.publish.report.native"].__file__ or "").with_name("fonts")
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text(encoding="utf-8")
    for path in folder.glob("*.[ot]tf"):
        font = ttlib.TTFont(path)
        assert font["OS/2"].fsType == 0
        assert "SIL Open Font License, Version 1.1" in font["name"].getDebugName(13)


VOID = {"meta", "br", "line"}


class Numbers(HTMLParser):
    """Texts with a digit that no element with sources holds; sources that such an element names and doesn't show."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[dict[str, Any]] = []
        self.uncited: list[str] = []
        self.unshown: list[tuple[set[str], str]] = []
        self.cited: set[str] = set()
        self.listed: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            given = dict(attrs)
            cites = set((given.get("data-cites") or "").split())
            self.cited |= cites
            self.open.append({"tag": tag, "class": given.get("class"), "cites": cites, "text": ""})

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        closed = self.open.pop()
        assert closed["tag"] == tag
        if not closed["cites"] <= set(re.findall(r"\[(\d+)\]", closed["text"])):
            self.unshown.append((closed["cites"], closed["text"]))
        if self.open:
            self.open[-1]["text"] += closed["text"]

    def handle_data(self, data: str) -> None:
        if not self.open:
            return
        self.open[-1]["text"] += data
        classes = {one["class"] for one in self.open}
        if "id" in classes:
            self.listed.add(data)
        exempt = {"sources", "cites"} & classes or {"style", "title"} & {one["tag"] for one in self.open}
        if re.search(r"\d", data) and not exempt and not any(one["cites"] for one in self.open):
            self.uncited.append(data.strip())


@pytest.mark.parametrize("name", EVERY)
def test_every_number_has_its_sources(name: str) -> None:
    parser = Numbers()
    parser.feed(page(name))
    assert parser.uncited == []
    assert parser.unshown == []
    assert parser.cited == parser.listed  # each number of a source is listed, and each listed one is used
    assert len(parser.cited) > 10


@pytest.mark.parametrize("name", EVERY)
def test_no_row_breaks_between_pages(name: str) -> None:
    pages: dict[int, set[int]] = {}
    for number, box in boxes(name):
        if type(box).__name__ == "TableRowBox" and box.element is not None and box.element.find("td") is not None:
            pages.setdefault(id(box.element), set()).add(number)
    assert len(pages) > 20
    assert all(len(found) == 1 for found in pages.values())


@pytest.mark.parametrize("name", EVERY)
def test_no_text_overlaps_another_or_leaves_the_page(name: str) -> None:
    rectangles: dict[int, list[tuple[float, float, float, float, str]]] = {}
    for number, box in boxes(name):
        if type(box).__name__ == "TextBox" and box.text.strip():
            size = box.style["font_size"]
            base = box.position_y + box.baseline
            shape = (box.position_x, base - 0.62 * size, box.position_x + box.width, base + 0.05 * size, box.text)
            rectangles.setdefault(number, []).append(shape)
    for number, found in rectangles.items():
        wide, high = layout(name).pages[number].width, layout(name).pages[number].height
        ordered = sorted(found, key=lambda one: one[1])
        for place, one in enumerate(ordered):
            assert one[0] >= 0, one
            assert one[2] <= wide, one
            assert one[3] <= high, one
            for other in ordered[place + 1 :]:
                if other[1] >= one[3]:
                    break
                across = min(one[2], other[2]) - max(one[0], other[0])
                assert across <= 0.5, (one, other)


@pytest.mark.parametrize("name", ["tokyo", CLAIMS])
def test_the_page_is_whole_in_itself(name: str) -> None:
    text = page(name)
    assert not re.search(r"<(script|link|img|iframe|object|embed)\b", text)
    assert not re.search(r'(src|href|action)="', text)
    assert set(re.findall(r"url\(\"?([a-z]+):", text)) == {"data"}


def test_what_is_not_ours_is_escaped() -> None:
    real = city_report(edition(), find_city(edition(), "helsinki"))
    hostile = "<script>alert(1)</script>\"'&"
    said = (("", (Cited(hostile, (1,)),)),)
    claims = tuple(replace(one, because=said, statement=hostile) for one in real.claims)
    done = tuple(replace(one, what=hostile, by=hostile) for one in real.initiatives)
    text = city_html(replace(real, name=hostile, claims=claims, initiatives=done, peers=(hostile,)))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_the_same_edition_gives_the_same_bytes() -> None:
    assert pdf(page("helsinki")) == printed("helsinki")
    again = city_html(city_report(edition(), find_city(edition(), "helsinki")))
    assert again == page("helsinki")


def test_a_report_says_what_the_edition_says() -> None:
    report = city_report(edition(), find_city(edition(), "seoul"))
    results = edition().table("results").filter(
        (pl.col("lens") == "scale") & (pl.col("boundary") == "agglomeration") & (pl.col("side") == "index")
    )  # fmt: skip
    row = results.filter(pl.col("city") == 1835848).row(0, named=True)
    assert int(re.sub(r"\D", "", report.standings[0].rank)) == row["rank"]
    assert report.standings[0].span == f"{row['rank_low']:.0f}–{row['rank_high']:.0f}"
    assert len(report.standings) == 6
    assert len(report.pillars) == 8
    assert len(report.peers) == 10
    assert {one.city for one in report.claims} == {"Seoul"}
    lte = next(one for one in report.claims if "LTE" in one.statement)
    assert [label for label, _ in lte.because][:2] == ["For", "Against"]
    assert all(reason.cites for _, reasons in lte.because for reason in reasons)
    assert report.initiatives
    assert len(report.strengths) == len(report.weaknesses) == 3


def test_an_unranked_city_has_a_report_that_says_so() -> None:
    thin = edition().table("coverage").filter(~pl.col("eligible") & (pl.col("nonzero") > 0)).sort("city")["city"][0]
    slug = edition().frame().filter(pl.col("city") == thin)["slug"][0]
    report = city_report(edition(), find_city(edition(), slug))
    assert isinstance(report, CityReport)
    assert not report.ranked
    assert "Not ranked" in city_html(report)
    assert report.missing


Run = Callable[..., tuple[int, str, str]]


def test_the_command_writes_both_files_or_says_what_is_wrong(run: Run, tmp_path: Path) -> None:
    status, out, err = run("report", "東京", "--out", tmp_path)
    assert (status, err) == (0, "")
    assert [Path(line).name for line in out.splitlines()] == ["technopole-tokyo.html", "technopole-tokyo.pdf"]
    assert (tmp_path / "technopole-tokyo.pdf").read_bytes() == printed("tokyo")
    assert (tmp_path / "technopole-tokyo.html").read_text(encoding="utf-8") == page("tokyo")
    for words, message in (
        (("report",), "name a city"),
        (("report", "Tokyo", "--claims"), "name a city"),
        (("report", "Xyzzyville"), "there is no city"),
        (("report", "Tokyo", "--out", tmp_path / "nowhere"), "can't be written"),
    ):
        status, out, err = run(*words)
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert message in err


def test_the_content_as_json(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shape = json.loads(run("report", "Helsinki", "--json")[1])
    assert list(shape) == list(CityReport.__dataclass_fields__)
    assert [one["number"] for one in shape["sources"]] == list(range(1, len(shape["sources"]) + 1))
    facts = json.loads(run("report", "--claims", "--json")[1])
    assert sum(count for _, count in facts["counts"]) == len(facts["claims"])
    assert len(facts["judgements"]) == 6
    assert not list(tmp_path.iterdir())


def test_without_weasyprint_one_line_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    status, out, err = run("report", "Helsinki", "--out", tmp_path)
    assert (status, out) == (1, "")
    assert "technopole[report]" in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
    assert run("report", "Helsinki", "--out", tmp_path, "--format", "html")[0] == 0
