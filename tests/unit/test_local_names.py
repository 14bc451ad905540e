"""Names of cities in the explorer's languages: a reviewed table, and the English name elsewhere."""

import re

import polars as pl
import pytest

from technopole.cities.names import CHARACTERS
from technopole.editions.read import Edition, open_edition
from technopole.publish.bundle_names import LANGUAGES, names_text, reviewed

HAN, KANA, HANGUL = "\u4e00-\u9fff", "\u3040-\u30ff", "\uac00-\ud7a3"
WRITTEN = {"ja": rf"[{HAN}{KANA}・＝A-Z.]+", "ko": rf"[{HANGUL}A-Z. ]+", "zh": rf"[{HAN}-]+"}
CHARACTER_COUNTRIES = {"CN", "TW", "HK", "MO", "JP", "KR"}
NOT_SIMPLIFIED = {one for one, simple in CHARACTERS.items() if one != simple}


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


def test_every_ranked_city_was_reviewed_and_no_other_place_is_named(edition: Edition) -> None:
    ranked = edition.frame().join(edition.table("coverage").filter("eligible"), on="city", how="semi")
    assert set(ranked["slug"]) <= set(reviewed())
    assert set(reviewed()) <= set(edition.frame()["slug"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_written_as_their_language_is(edition: Edition, language: str) -> None:
    country = dict(edition.frame().select("slug", "country").iter_rows())
    for slug, names in reviewed().items():
        name = names[LANGUAGES.index(language)]
        if not name:
            continue
        assert re.fullmatch(WRITTEN[language], name), (slug, name)
        if language == "zh":
            assert not set(name) & NOT_SIMPLIFIED, (slug, name)
        if language == "ja":
            in_kana = re.search(f"[{KANA}]", name) is not None
            assert in_kana == (country[slug] not in CHARACTER_COUNTRIES or slug == "seoul"), (slug, name)
        if language == "ko":
            assert not name.endswith(" 시"), (slug, name)


def test_a_city_outside_the_table_is_shown_by_its_english_name(edition: Edition) -> None:
    named = edition.frame().filter(~pl.col("slug").is_in(list(reviewed()))).head(3)
    cities = named.with_columns(eligible=pl.lit(value=False))
    for line in names_text(edition, cities).split("\n"):
        assert line.split("\t")[: len(LANGUAGES)] == [""] * len(LANGUAGES)


def test_todays_names_are_shown_and_older_ones_found(edition: Edition) -> None:
    seoul = edition.frame().filter(pl.col("slug") == "seoul").with_columns(eligible=pl.lit(value=True))
    ja, ko, zh, *others = names_text(edition, seoul).split("\t")
    assert (ja, ko, zh) == ("ソウル", "서울", "首尔")
    assert "경성" in others
