"""A report as HTML, whole in one file, and as PDF of the same HTML. Nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from technopole.core.errors import TechnopoleError
from technopole.publish.report.content import CityReport, FactCheck

DATE: Final = "SOURCE_DATE_EPOCH"
MISSING: Final = "pip install 'technopole[report]' (and Pango: `apt-get install libpango-1.0-0 libpangoft2-1.0-0`)."
MAIN: Final = (("Noto Sans", 400, "NotoSans-Regular.ttf"), ("Noto Sans", 700, "NotoSans-Bold.ttf"))
SCRIPTS: Final = (
    ("Noto Sans CJK SC", "NotoSansCJK-SC.otf"), ("Noto Sans CJK TC", "NotoSansCJK-TC.otf"),
    ("Noto Sans CJK JP", "NotoSansCJK-JP.otf"), ("Noto Sans CJK KR", "NotoSansCJK-KR.otf"),
)  # fmt: skip
BLOCKS: Final = (
    (0x0590, 0x05FF, "Noto Sans Hebrew", "NotoSansHebrew.ttf"),
    (0x0600, 0x06FF, "Noto Sans Arabic", "NotoSansArabic.ttf"),
    (0x0E00, 0x0E7F, "Noto Sans Thai", "NotoSansThai.ttf"),
)
TYPES: Final = {".ttf": "font/ttf", ".otf": "font/otf"}


@dataclass(frozen=True)
class Font:
    """One face for the page: its address holds the font itself."""

    family: str
    weight: int
    address: str


def city_html(report: CityReport) -> str:
    """Write the report of a city as one HTML file with its fonts."""
    family, native = native_font(report.native, report.native_family)
    shown = CityReport(**{**report.__dict__, "native_family": family})
    return _rendered("city.html", shown, [*_main_fonts(), *native])


def claims_html(report: FactCheck) -> str:
    """Write the fact-check as one HTML file with its fonts."""
    return _rendered("claims.html", report, _main_fonts())


def pdf(html: str) -> bytes:
    """Turn such a file into PDF, with its fonts embedded; the same HTML gives the same bytes.

    Raises
    ------
    TechnopoleError : WeasyPrint or Pango isn't here; says what to install.
    """
    try:
        from weasyprint import HTML  # type: ignore[import-untyped, unused-ignore]
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped, unused-ignore]
    except (ImportError, OSError) as error:
        raise TechnopoleError("PDF needs WeasyPrint, which isn't here:", MISSING) from error
    # what the page itself holds, and nothing from a disk or a network
    fetcher = URLFetcher(allowed_protocols=("data",))
    with _fixed_date():
        made = HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_identifier=b"technopole")
    return bytes(made)


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Hold still the date that fontTools writes into each embedded font, so that the same HTML gives the same bytes."""
    before = os.environ.get(DATE)
    os.environ[DATE] = before or "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[DATE]


def native_font(name: str, family: str) -> tuple[str, list[Font]]:
    """Family and font for a name: that of its country, or of the block of its letters; none when Noto Sans has it."""
    for known, file in SCRIPTS:
        if known == family and name:
            return known, [_font(known, 400, file)]
    for first, last, known, file in BLOCKS:
        if any(first <= ord(letter) <= last for letter in name):
            return known, [_font(known, 400, file)]
    return "", []


def _rendered(template: str, report: CityReport | FactCheck, fonts: list[Font]) -> str:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise TechnopoleError("reports need Jinja2, which isn't here:", MISSING) from error
    loader = PackageLoader("technopole.publish.report")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return made.get_template(template).render(report=report, fonts=fonts)


def _main_fonts() -> list[Font]:
    return [_font(*one) for one in MAIN]


@cache
def _font(family: str, weight: int, file: str) -> Font:
    data = resources.files(__package__).joinpath("fonts", file).read_bytes()
    kind = TYPES[file[file.rindex(".") :]]
    return Font(family, weight, f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}")
