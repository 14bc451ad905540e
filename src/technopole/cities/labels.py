"""What a written place may mean: one text gives several *readings*, from the most literal to the freest.

"Palo Alto, CA, USA" is Palo Alto in California; "Barcelona [Spain]" is Barcelona in Spain whatever the country column
says; "New York-Newark-Jersey City (Ny-Nj-Pa)" is New York in the state of New York; "Seongnam-si" is Seongnam. No
reading is right or wrong here: resolve.py takes the first that the gazetteer knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from technopole.cities.countries import country_code

States = dict[str, list[tuple[str, str]]]
"""Folded name or code of a state -> (country, GeoNames admin1 code), one for each country that has such a state."""


class Reading(NamedTuple):
    """One possible meaning of a text.

    Readings of equal `rank` compete; a smaller rank is more literal. `text` isn't folded yet. `frame_only`: only the
    name of a city of the frame will do, because the text was cut so freely that a village would match by chance.
    """

    rank: int
    text: str
    country: str | None
    admin1: str | None
    frame_only: bool = False


_BRACKETS: Final = re.compile(r"[(\[{（【]([^)\]}）】]*)[)\]}）】]?")
_SEPARATORS: Final = re.compile(r"[,;|，、\n\r\t]+|\s[-–—]\s")
_COMPOUND: Final = re.compile(r"\s*[-‐‑–—/&+]\s*|\s+(?:and|und|et|y)\s+", re.IGNORECASE)
_HAN_PART: Final = re.compile(r".+?(?:特别行政区|自治区|自治州|省|市|区|县|県|府)")
_HAN_OR_HANGUL: Final = re.compile(r"[\u3400-\u9fff\uac00-\ud7af]")

SUFFIXES: Final = frozenset({
    "standard metropolitan area", "consolidated metropolitan area", "metropolitan statistical area",
    "metropolitan area", "metropolitan region", "metropolitan city", "metropolitan municipality",
    "metropolitan district", "metro area", "metro region", "urban agglomeration", "urban area", "built up area",
    "capital region", "capital area", "capital district", "special city", "special administrative region", "bay area",
    "city area", "city centre", "city center", "mma", "metro", "metropolitan", "metropolis", "agglomeration",
    "conurbation", "area", "region", "municipality", "district", "township", "town", "city", "shi", "si",
    "gun", "eup", "shih", "qu", "xian", "cho", "machi", "to", "kota", "sar", "cbd", "centre", "center", "cedex",
})  # fmt: skip
"""Words at the end of a label that say what kind of place it is, of at most three words."""

PREFIXES: Final = frozenset({
    "city of", "town of", "municipality of", "district of", "metropolitan area of", "ciudad de", "cidade de",
    "ville de", "comune di", "greater", "metro", "metropolitan", "downtown", "inner", "central", "grand", "grande",
    "gran", "gross", "the", "north", "south", "east", "west", "northern", "southern", "eastern", "western",
})  # fmt: skip
LABEL_WORDS: Final = 3

SPELLINGS: Final[tuple[tuple[str, str], ...]] = (
    ("n", "north"), ("s", "south"), ("e", "east"), ("w", "west"), ("sta", "santa"), ("sto", "santo"),
    ("hts", "heights"), ("spgs", "springs"), ("vlg", "village"), ("pt", "port"),
)  # fmt: skip
UMLAUTS: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"))
SMALL_WORDS: Final = frozenset({
    "a", "al", "am", "an", "auf", "aux", "bei", "d", "da", "das", "de", "del", "della", "den", "der", "des", "di",
    "do", "dos", "du", "e", "el", "em", "en", "im", "in", "l", "la", "las", "le", "les", "lez", "los", "lo", "na",
    "ob", "of", "on", "op", "os", "par", "s", "san", "santa", "saint", "st", "sainte", "sint", "sous", "sur", "the",
    "ter", "under", "unter", "upon", "van", "von", "vor", "y", "zu",
})  # fmt: skip
"""Words inside a hyphenated name that join it to one name."""

SHORTEST: Final = 3
"""Letters that a name needs once something was cut off."""

HAN_SUFFIXES: Final = ("特别行政区", "特別行政区", "新区", "地区", "市", "区", "县", "県", "町", "村", "镇", "都", "府")
HANGUL_SUFFIXES: Final = ("특별자치시", "특별자치도", "특별시", "광역시", "시", "군", "구")


def bare_forms(folded: str) -> list[str]:
    """Forms of a folded name without label words, digits and abbreviations, the least changed first.

    >>> bare_forms("seongnam si"), bare_forms("greater london"), bare_forms("zuerich")
    (['seongnam'], ['london'], ['zurich'])
    """
    words = folded.split()
    found: list[str] = []

    def keep(candidate: str) -> None:
        if len(candidate) >= SHORTEST and candidate != folded and candidate not in found:
            found.append(candidate)

    if _HAN_OR_HANGUL.search(folded):
        ending = next((e for e in (*HAN_SUFFIXES, *HANGUL_SUFFIXES) if folded.endswith(e)), "")
        stem_text = folded.removesuffix(ending).strip()
        return [stem_text] if ending and len(stem_text) >= 2 else []
    plain = [word for word in words if not any(letter.isdigit() for letter in word)]
    if plain != words:
        keep(" ".join(plain))
    for before, after in SPELLINGS:
        if len(plain) > 1 and before in plain:
            keep(" ".join(after if word == before else word for word in plain))
    stem = plain
    while size := _label_size(stem, SUFFIXES, at_end=True):
        stem = stem[:-size]
        keep(" ".join(stem))
    while size := _label_size(stem, PREFIXES, at_end=False):
        stem = stem[size:]
        keep(" ".join(stem))
    short = " ".join(stem)
    for before, after in UMLAUTS:
        if before in short:
            keep(short.replace(before, after))
    return found


def _label_size(words: list[str], labels: frozenset[str], *, at_end: bool) -> int:
    """How many words at one end are a label; the longest label counts, and a word must remain. 0 for none."""
    for size in range(min(LABEL_WORDS, len(words) - 1), 0, -1):
        if " ".join(words[-size:] if at_end else words[:size]) in labels:
            return size
    return 0


@dataclass(frozen=True)
class LabelReader:
    """Reads labels, knowing the names and codes of states.

    State earned: the table of states, looked up for each part of each label.
    """

    states: States
    folded: dict[str, str] = field(default_factory=dict)  # folded form of each part, filled by the caller in one batch
    known: set[str] = field(default_factory=set)  # folded parts that the gazetteer has, filled likewise

    def parts(self, text: str) -> list[str]:
        """Every part of a text whose folded form `readings` will ask for."""
        main, inside = _cut_brackets(text)
        tokens = _tokens(main)
        texts = [*inside, *tokens[:1]]
        return [*tokens, *inside, *(piece for label in texts for piece in _COMPOUND.split(label)), main]

    def readings(self, text: str, country: str | None, admin1: str | None) -> list[Reading]:
        """Readings of a text whose literal form isn't known, in order of rank (from 1; 0 is the literal form).

        Parameters
        ----------
        text : as upstream writes it.
        country : alpha-2 code of the country column, or None.
        admin1 : GeoNames code of the state column in `country`, or None.
        """
        main, inside = _cut_brackets(text)
        tokens = _tokens(main)
        listed = self._state_list(inside, country)
        written = None if listed else next((code for label in inside if (code := country_code(label))), None)
        if written:
            country, admin1 = written, admin1 if written == country else None
        else:
            admin1 = admin1 or listed
        found: list[Reading] = []
        if tokens:
            for where, state in self._tail(tokens, country, admin1):
                found.append(Reading(1, tokens[0], where, state))
        context = (found[0].country, found[0].admin1) if found else (country, admin1)
        aside = [label for label in inside if not country_code(label) and len(label.strip()) > 2]
        found += [Reading(2, label, context[0], None) for label in aside]
        if tokens:
            first = [reading for reading in found if reading.rank == 1]
            forms = [*_native(tokens[0]), *bare_forms(self.folded.get(tokens[0], ""))]
            for place, form in enumerate(forms):
                found += [Reading(3 + place, form, r.country, r.admin1) for r in first]
            if len(tokens) > 1 and (nation := country_code(tokens[-1])) and nation != context[0]:
                found.append(Reading(30, tokens[0], nation, None))
            for place, piece in enumerate(self._compound(tokens[0])):
                found.append(Reading(31 + place, piece, *context, frame_only=True))
            for place, token in enumerate(tokens[1:4]):
                found.append(Reading(50 + place, token, context[0], None, frame_only=True))
        return found

    def _compound(self, text: str) -> list[str]:
        """Cities that a label lists ("Raleigh-Durham"), when at least two of them are known.

        The parts of one name joined by a small word ("Tours-sur-Marne") are no list.
        """
        pieces = [piece for piece in _COMPOUND.split(text) if piece]
        folded = [self.folded.get(piece, piece.casefold()) for piece in pieces]
        if any(word in SMALL_WORDS for word in folded):
            return []
        texts = [form for piece in folded for form in [piece, *bare_forms(piece)[:1]] if form in self.known]
        return texts if len(texts) > 1 and len(pieces) > 1 else []

    def _state_list(self, inside: list[str], country: str | None) -> str | None:
        """First state of a bracket such as "(Ny-Nj-Pa)", when all its pieces are states of the country."""
        for label in inside:
            pieces = [self.folded.get(piece, piece.casefold()) for piece in _COMPOUND.split(label)]
            codes = [dict(self.states.get(piece, ())).get(country or "US") for piece in pieces]
            if codes and all(codes):
                return codes[0]
        return None

    def _tail(self, tokens: list[str], country: str | None, admin1: str | None) -> list[tuple[str | None, str | None]]:
        """Country and state that the tokens after the first name, or the columns; several where both could be meant."""
        rest = tokens[1:]
        if not rest:
            return [(country, admin1)]
        last = self.folded.get(rest[-1], rest[-1].casefold())
        states = self.states.get(last, [])
        as_country = country_code(rest[-1])
        if country is not None and any(where == country for where, _ in states) and as_country != country:
            return [(country, dict(states)[country])]
        if as_country is not None and len(rest) > 1:
            before = self.folded.get(rest[-2], rest[-2].casefold())
            return [(as_country, dict(self.states.get(before, ())).get(as_country))]
        options: list[tuple[str | None, str | None]] = [] if as_country is None else [(as_country, None)]
        if country is None or as_country is None:
            options += states  # a state of another country: what stands beside the name wins over the column
        return options or [(country, admin1)]


def _cut_brackets(text: str) -> tuple[str, list[str]]:
    """Text without its brackets, and what stood in them."""
    inside = [label.strip() for label in _BRACKETS.findall(text) if label.strip()]
    return " ".join(_BRACKETS.sub(" ", text).split(" ")).strip(), inside


def _tokens(main: str) -> list[str]:
    return [token.strip() for token in _SEPARATORS.split(main) if token.strip()]


def _native(text: str) -> list[str]:
    """City within a Chinese, Japanese or Korean address: 广东省深圳市南山区 -> 深圳市."""
    if not _HAN_OR_HANGUL.search(text):
        return []
    words = text.split()
    parts = words if len(words) > 1 else _HAN_PART.findall(text.replace("東京都", "東京市").replace("东京都", "东京市"))
    local = [part for part in parts if not part.endswith(("省", "自治区", "府", "도"))]
    cities = [part for part in local if part.endswith(("市", "시"))]
    named = [part for part in dict.fromkeys((*cities, *reversed(local))) if part != text]
    return [form for part in named for form in (part, part[:-1]) if len(form) >= 2]
