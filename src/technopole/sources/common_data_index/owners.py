"""The city that a government stands for, read from its name: "Ayuntamiento de Sevilla", "City of Austin, Texas".

No list of governments has their cities, so the name must do. Words of government are taken off; what is left is the
name of a place, which the resolver judges within the owner's country and state. A name that speaks of a county, a
district or a province isn't a city's, however near one it lies.
"""

from __future__ import annotations

import re
from typing import Final

WIDER: Final = re.compile(
    r"\b(county|counties|powiat\w*|regency|kabupaten|provinc\w+|département|departamento|landkreis|kreis|diputación"
    r"|regional|state|parish|oblast|krai|kraj|raion|región|région|kanton|canton|agglomération|agglo"
    r"|communauté|comunidad|unione|consorcio|syndicat)\b",
    re.IGNORECASE,
)
BEFORE: Final = re.compile(
    r"\b(?:city and county|city|town|township|village|municipality|borough|royal borough|local government|government"
    r"|municipal (?:government|council)|alcaldía(?: mayor)?|ayuntamiento|ajuntament|concello|municipalidad|municipio"
    r"|intendencia|câmara municipal|prefeitura(?: municipal)?|município|comune|città metropolitana|città|commune"
    r"|ville|mairie|métropole|eurométropole|grand|stadt|landeshauptstadt|hansestadt|gemeente|stad"
    r"|gmina|miasto|urząd miasta"
    r"|statutární město|hlavní město|město|mesto|pemerintah kota|primăria|bundesstadt|universitätsstadt)"
    r"\s+(?:of\s+|de\s+la\s+|de\s+|del\s+|di\s+|do\s+|da\s+|d['’]|la\s+)?(?P<place>[^\W\d_].*)$",
    re.IGNORECASE,
)
AFTER: Final = re.compile(
    r"^(?P<place>.+?)\s+(?:(?:district|shire|borough|metro) (?:council|government)|city council|city government"
    r"|city hall|city|town council|municipal (?:government|council)|municipality|municipal district"
    r"|metropolitan government|metropolitan municipality|metropolitan city|council|büyükşehir belediyesi|belediyesi"
    r"|belediye|kommun|kommune|stad|kunta|kaupunki|métropole|metropole|special city)\b",
    re.IGNORECASE,
)
GENITIVE: Final = re.compile(r"(?<=[^\Waeiouyåäö])s(?= (?:kommun|stad)\b)", re.IGNORECASE)
"""Swedish towns: "Karlstads kommun" is Karlstad's, "Västerås stad" that of Västerås."""
SHORT: Final[dict[str, str]] = {"nyc": "New York"}
TAIL: Final = re.compile(r"\s*-?\s*\b(?:GIS(?: division)?|[A-Z][a-z])$", re.IGNORECASE)
"""What the names of map servers end in: "City of Wichita GIS", "City of Waukesha Wi"."""
LONGEST: Final = 3
"""Words of a name without any word of government that may still be a place's own ("Fortaleza", "Greater Helsinki")."""


def place_name(owner: str | None, *, local: bool = True) -> str | None:
    """Name of the place that a government is named after; null where its name gives none.

    A bare name is a local government's place; with ``local=False`` it needs a word for a city.

    >>> place_name("Ayuntamiento de Sevilla"), place_name("City of Austin, Texas"), place_name("Karlstads kommun")
    ('Sevilla', 'Austin', 'Karlstad')
    >>> place_name("Brisbane City Council"), place_name("London Borough of Ealing Council")
    ('Brisbane', 'Ealing')
    >>> place_name("Toulouse Métropole", local=False), place_name("Saxony", local=False)
    ('Toulouse', None)
    >>> place_name("Bedford County, Virginia") is None
    True
    """
    text = (owner or "").split(",")[0].split("(")[0].split(" - ")[0].strip()
    text = GENITIVE.sub("", text)
    if not text:
        return None
    first = text.split()[0].casefold()
    if first in SHORT:
        return SHORT[first]
    if WIDER.search(text):
        return None
    text = TAIL.sub("", text)
    after = AFTER.search(text)
    rest = after["place"] if after else text
    before = BEFORE.search(rest)
    if before or after:
        return _bare(before["place"] if before else rest)
    return _bare(text) if local and len(text.split()) <= LONGEST else None


def _bare(text: str) -> str:
    return re.sub(r"^(?:greater|metropolitan)\s+|\s+(?:region|metropolitan)$", "", text.strip(), flags=re.IGNORECASE)
