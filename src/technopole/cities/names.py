"""Names as keys: the same name written in two ways has one folded form, in every script.

Folding keeps non-Latin scripts as they are: 東京 and 서울 are names. Two names that differ only in case, accents,
apostrophes, punctuation, width, or in the traditional and simplified form of a common character fold alike. Suffixes
("City", "-si") stay: they are the resolver's business (labels.py).
"""

from __future__ import annotations

from typing import Final

import polars as pl

NAME_LIMIT: Final = 300
"""Characters of a name that are looked at: no place name is longer, and a megabyte of text costs nothing."""

# Letters that no Unicode decomposition takes apart, and lower-case forms that differ from case folding.
LETTERS: Final[dict[str, str]] = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h",
    "ŧ": "t", "ŀ": "l", "ŋ": "ng", "ĸ": "k", "ə": "e", "ǝ": "e", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ς": "σ",
    "&": " and ",
}  # fmt: skip
APOSTROPHES: Final = "'’‘‛ʻʼʽʾʿ`´′＇ʹˈ"
# 巿 (fú) is a common slip for 市 (city). The others: traditional or Japanese form to simplified.
CHARACTERS: Final[dict[str, str]] = {
    "巿": "市", **dict(zip(
        "臺灣廣東門島陽長慶濟寧連鄭蘭烏魯齊無錫蘇溫廈莊漢貴紹興濱爾瀋萬華區縣鎮鄉龍雲義陰陝贛滬義馬岡張澤鹽"
        "國圖濰滄遼錦營鐵嶺煙棗漣揚麗順潁鄂銅黃樂縉鹹豐澳葉衛豎宮關嘉園瀘資維內榮壽葫廬劉楊橋澀舊",
        "台湾广东门岛阳长庆济宁连郑兰乌鲁齐无锡苏温厦庄汉贵绍兴滨尔沈万华区县镇乡龙云义阴陕赣沪义马冈张泽盐"
        "国图潍沧辽锦营铁岭烟枣涟扬丽顺颍鄂铜黄乐缙咸丰澳叶卫竖宫关嘉园泸资维内荣寿葫庐刘杨桥涩旧",
        strict=True,
    )),
}  # fmt: skip


def fold(text: str) -> str:
    """Key of a name.

    >>> fold("Xi'an"), fold("SÃO PAULO"), fold("Łódź"), fold("Washington, D.C."), fold("臺北")
    ('xian', 'sao paulo', 'lodz', 'washington dc', '台北')
    """
    return str(fold_series(pl.Series([text], dtype=pl.String))[0])


def fold_series(texts: pl.Series) -> pl.Series:
    """`fold` of a text column, in one pass; null stays null."""
    return texts.to_frame("text").select(fold_expression(pl.col("text")))["text"]


def fold_expression(text: pl.Expr) -> pl.Expr:
    """`fold` as a Polars expression on a text column.

    Steps: cut at NAME_LIMIT, drop apostrophes, compatibility decomposition, lower case, strip Latin, Greek, Cyrillic,
    Arabic and Hebrew marks, compose again (Hangul and kana survive), map LETTERS and CHARACTERS, join initials
    ("D.C." is "dc"), everything but letters, marks and digits to one space, and the words saint, fort and mount to
    their abbreviations.
    """
    letters = {**LETTERS, **CHARACTERS}
    return (
        text.str.slice(0, NAME_LIMIT)
        .str.replace_all(f"[{APOSTROPHES}]", "")
        .str.normalize("NFKD")
        .str.to_lowercase()
        .str.replace_all(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200b-\u200f\u00ad\ufeff]", "")
        .str.normalize("NFC")
        .str.replace_many(list(letters), list(letters.values()))
        .str.replace_all(r"\b(\p{L})\.", "$1")
        .str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ")
        .str.strip_chars(" ")
        .str.replace_all(r"\bsaint(e?)\b", "st$1")
        .str.replace_all(r"\bfort\b", "ft")
        .str.replace_all(r"\bmount\b", "mt")
    )


SCRIPTS: Final = (
    ("Hangul", r"\p{Hangul}"),
    ("Kana", r"[\p{Hiragana}\p{Katakana}]"),
    ("Han", r"\p{Han}"),
    ("Cyrillic", r"\p{Cyrillic}"),
    ("Arabic", r"\p{Arabic}"),
    ("Hebrew", r"\p{Hebrew}"),
    ("Greek", r"\p{Greek}"),
    ("Devanagari", r"\p{Devanagari}"),
    ("Thai", r"\p{Thai}"),
    ("Latin", r"\p{Latin}"),
)


def script_expression(text: pl.Expr) -> pl.Expr:
    """Script of a text column: the first of SCRIPTS that occurs in it, otherwise "other"."""
    result = pl.lit("other")
    for script, pattern in reversed(SCRIPTS):
        result = pl.when(text.str.contains(pattern)).then(pl.lit(script)).otherwise(result)
    return result
