"""What is counted in OpenStreetMap, as tests on tags; documented at https://wiki.openstreetmap.org/wiki/Map_features."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

TALL_METRES: Final = 50.0
TALL_LEVELS: Final = 15.0
CARDS: Final = re.compile(r"payment:(cards|.*_cards|visa.*|mastercard.*|maestro|american_express|jcb|unionpay)$")
METRES: Final = re.compile(r"^\s*(\d{1,4}(?:[.,]\d+)?)\s*(m|metres|meters)?\s*$")
NUMBER: Final = re.compile(r"^\s*(\d{1,3}(?:[.,]\d+)?)\s*$")
TRACKS: Final = ("rail", "subway", "light_rail", "tram")
SERVICE: Final = ("yard", "siding", "spur", "crossover")
Tags = Mapping[str, str]


@dataclass(frozen=True)
class Feature:
    """One counted kind of place.

    Attributes
    ----------
    matches : whether an object with these tags is one.
    area : its area is measured as well as its number (km2).
    """

    id: str
    unit: str
    matches: Callable[[Tags], bool]
    area: bool = False


def number(text: str | None, pattern: re.Pattern[str]) -> float | None:
    """A plain number of a tag; None for anything else ("6-8", "30 ft", "Infinity")."""
    found = pattern.match(text or "")
    return float(found[1].replace(",", ".")) if found else None


def is_tall(tags: Tags) -> bool:
    """A building of 50 m and more, by its height, or by 15 levels where no height is given."""
    if tags.get("building", "no") in {"no", "entrance"}:
        return False
    height = number(tags.get("height"), METRES)
    if height is not None:
        return height >= TALL_METRES
    return (number(tags.get("building:levels"), NUMBER) or 0.0) >= TALL_LEVELS


def is_metro(tags: Tags) -> bool:
    """A station of a metro."""
    return tags.get("railway") == "station" and (tags.get("station") == "subway" or tags.get("subway") == "yes")


def is_telecom(tags: Tags) -> bool:
    """Masts and towers for communication, mobile sites, exchanges."""
    mast = tags.get("man_made") in {"mast", "tower", "communications_tower"}
    talks = tags.get("tower:type") == "communication" or any(key.startswith("communication:") for key in tags)
    return (
        tags.get("man_made") == "communications_tower"
        or (mast and talks)
        or tags.get("telecom") in {"exchange", "antenna", "bts", "central_office", "service_device"}
    )


def _is(key: str, *values: str) -> Callable[[Tags], bool]:
    """Whether a tag has one of the values, alone or in a list ("yes;wlan")."""
    return lambda tags: key in tags and any(one.strip() in values for one in tags[key].split(";"))


def _any(*tests: Callable[[Tags], bool]) -> Callable[[Tags], bool]:
    return lambda tags: any(test(tags) for test in tests)


FEATURES: Final = (
    Feature("public_wifi", "places with internet_access=wlan", _is("internet_access", "wlan")),
    Feature("payment_contactless", "places that take contactless payment", _is("payment:contactless", "yes", "only")),
    Feature("payment_cards", "places that take cards",
            lambda tags: any(CARDS.match(key) and one in {"yes", "only"} for key, one in tags.items())),
    Feature("payment_known", "places with any payment tag",
            lambda tags: any(key.startswith("payment:") for key in tags)),
    Feature("charging_stations", "charging stations", _is("amenity", "charging_station")),
    Feature("bicycle_sharing", "bicycle rental stations", _is("amenity", "bicycle_rental")),
    Feature("car_sharing", "car sharing stations", _is("amenity", "car_sharing")),
    Feature("rail_stations", "stations and halts, without metro",
            lambda tags: tags.get("railway") in {"station", "halt"} and not is_metro(tags)),
    Feature("metro_stations", "metro stations", is_metro),
    Feature("tall_buildings", "buildings of 50 m or 15 levels and more", is_tall),
    Feature("buildings", "buildings", lambda tags: tags.get("building", "no") not in {"no", "entrance"}),
    Feature("buildings_with_height", "buildings with a height or levels",
            lambda tags: tags.get("building", "no") not in {"no", "entrance"} and (
                number(tags.get("height"), METRES) is not None
                or number(tags.get("building:levels"), NUMBER) is not None)),
    Feature("green", "parks, gardens, nature reserves, woods", _any(
        _is("leisure", "park", "garden", "nature_reserve"), _is("natural", "wood"),
        _is("landuse", "forest", "recreation_ground", "village_green")), area=True),
    Feature("telecom", "telecommunication sites", is_telecom),
    Feature("data_centres", "data centres", _any(
        _is("telecom", "data_center", "data_centre"), _is("building", "data_center", "data_centre"))),
    Feature("innovation_places", "universities, research institutes, coworking, IT offices, hackerspaces", _any(
        _is("amenity", "university", "research_institute", "coworking_space"),
        _is("office", "research", "it", "coworking"), _is("leisure", "hackerspace"))),
)  # fmt: skip


def track_of(tags: Tags) -> str | None:
    """Kind of a running track; None for yards, sidings and what is no track."""
    kind = tags.get("railway")
    return kind if kind in TRACKS and tags.get("service") not in SERVICE else None
