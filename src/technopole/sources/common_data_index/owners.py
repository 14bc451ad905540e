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
    r"^(?P<place>.+?)\s+(?:city council|city government|city hall|city|town council|municipal (?:government|council)"
    r"|municipality|municipal district|metropolitan government|metropolitan municipality|metropolitan city|council"
    r"|büyükşehir belediyesi|belediyesi|belediye|kommun|kommune|stad|kunta|kaupunki|métropole|metropole"
    r"|special city)\b",
    re.IGNORECASE,
)
GENITIVE: Final = re.compile(r"(?<=[^\Waeiouyåäö])s(?= (?:kommun|stad)\b)", re.IGNORECASE)
"""Swedish towns: "Karlstads kommun" is Karlstad's, "Västerås stad" that of Västerås."""
SHORT: Final[dict[str, str]] = {"nyc": "New York"}
LONGEST: Final = 3
"""Words of a name without any word of government that may still be a place's own ("Fortaleza", "Greater Helsinki")."""


def place_name(owner: str | None) -> str | None:
    """Name of the place that a local government is named after; null where its name gives none.

    >>> place_name("Ayuntamiento de Sevilla"), place_name("City of Austin, Texas"), place_name("Karlstads kommun")
    ('Sevilla', 'Austin', 'Karlstad')
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
    for pattern in (BEFORE, AFTER):
        found = pattern.search(text)
        if found:
            return _bare(found["place"])
    return _bare(text) if len(text.split()) <= LONGEST else None


def _bare(text: str) -> str:
    return re.sub(r"^(?:greater|metropolitan)\s+|\s+(?:region|metropolitan)$", "", text.strip(), flags=re.IGNORECASE)
