"""Technopole: the most high-tech and innovative cities of the world, from open data.

>>> import technopole as tp
>>> edition = tp.load()
>>> tp.rank(edition, top=3).to_polars().height
3
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from technopole.editions.read import Edition
    from technopole.index.generic import GenericFramework
    from technopole.index.scoring import GenericRun
    from technopole.publish.diff import Diff
    from technopole.publish.extremes import Extremes
    from technopole.publish.own_extremes import OwnExtremes
    from technopole.publish.own_index import OwnSensitivity, OwnUncertainty
    from technopole.publish.picture import Picture
    from technopole.publish.ranking import Ranking
    from technopole.publish.sensitivity import Sensitivity
    from technopole.publish.uncertainty import Uncertainty

__all__ = [
    "city",
    "diff",
    "extremes",
    "load",
    "plot",
    "rank",
    "resolve",
    "score",
    "sensitivity",
    "trace",
    "uncertainty",
    "whatif",
]


def load(folder: str | Path | None = None) -> Edition:
    """Open an edition: the newest shipped one, or that in `folder`. Raises EditionError when there is none."""
    from technopole.editions.read import open_edition

    return open_edition(None if folder is None else Path(folder))


def rank(edition: Edition | None = None, **options: Any) -> Ranking:
    """Make the league table; options and errors as `technopole.publish.ranking.rank`."""
    from technopole.publish.ranking import rank as make

    return make(edition, **options)


def city(edition: Edition, name: str, **options: Any) -> dict[str, Any]:
    """One city as `technopole city --json` shows it; options as `technopole.publish.city.city_page`."""
    from technopole.publish.city import city_page
    from technopole.publish.finding import find_city

    return city_page(edition, find_city(edition, name), **options)


def trace(edition: Edition, name: str, indicator: str, **options: Any) -> dict[str, Any]:
    """Trace a number as `technopole trace --json` shows it; options as `technopole.editions.trace.trace`."""
    from technopole.editions.trace import trace as make
    from technopole.publish.finding import find_city

    return make(edition, find_city(edition, name), edition.catalogue().get(indicator), **options)


def resolve(edition: Edition, **query: Any) -> dict[str, Any]:
    """Resolve one name or point (name, country, admin1, lat, lon) as `technopole resolve --json` shows it."""
    from technopole.publish.resolving import resolve_queries, single_query

    keys = ("name", "country", "admin1", "lat", "lon")
    return resolve_queries(edition, single_query(*[query.get(key) for key in keys]))[0]


def score(data: Any, framework: str | Path | dict[str, Any]) -> GenericRun:
    """Compute an index of anything from a file or a Polars frame, and a framework file or the same as a dict.

    Errors as `technopole.index.scoring.score` and `technopole.index.generic.parse_generic`.
    """
    from technopole.index.scoring import score as make

    return make(data, _own_framework(framework))


def uncertainty(data: Any = None, **options: Any) -> Uncertainty | OwnUncertainty:
    """Say how sure the ranks are, of an edition's cities or of your own index.

    Parameters
    ----------
    data : an edition (the shipped one by default), or a table as for `score`, which needs `framework` (as there).
    options : and errors as `publish.uncertainty.uncertainty`, or `publish.own_index.own_uncertainty`.
    """
    from technopole.editions.read import Edition

    if data is None or isinstance(data, Edition):
        from technopole.publish.uncertainty import uncertainty as make

        return make(data, **options)
    from technopole.publish.own_index import own_uncertainty

    return own_uncertainty(data, _own_framework(options.pop("framework", None)), **options)


def sensitivity(data: Any = None, **options: Any) -> Sensitivity | OwnSensitivity:
    """Say which choice moves the ranks, of an edition's cities or of your own index; `data` as in `uncertainty`.

    Options and errors as `publish.sensitivity.sensitivity`, or `publish.own_index.own_sensitivity`.
    """
    from technopole.editions.read import Edition

    if data is None or isinstance(data, Edition):
        from technopole.publish.sensitivity import sensitivity as make

        return make(data, **options)
    from technopole.publish.own_index import own_sensitivity

    return own_sensitivity(data, _own_framework(options.pop("framework", None)), **options)


def extremes(data: Any = None, **options: Any) -> Extremes | OwnExtremes:
    """Seek best and worst possible ranks, of an edition's cities or of your own index; `data` as in `uncertainty`.

    Options and errors as `publish.extremes.extremes`, or `publish.own_extremes.own_extremes`.
    """
    from technopole.editions.read import Edition

    if data is None or isinstance(data, Edition):
        from technopole.publish.extremes import extremes as make

        return make(data, **options)
    from technopole.publish.own_extremes import own_extremes

    return own_extremes(data, _own_framework(options.pop("framework", None)), **options)


def diff(first: Edition, second: Edition, **options: Any) -> Diff:
    """Say what changed between two editions; options and errors as `technopole.publish.diff.diff`."""
    from technopole.publish.diff import diff as make

    return make(first, second, **options)


def whatif(data: Any, name: str, changes: dict[str, float], **options: Any) -> dict[str, Any]:
    """Rank a city, or a unit of your own table (its id), with other values, as `technopole whatif --json`.

    `data` as in `uncertainty`; options as `publish.whatif.whatif`, or `publish.own_whatif.own_whatif`.
    """
    from technopole.editions.read import Edition

    if isinstance(data, Edition):
        from technopole.publish.finding import find_city
        from technopole.publish.whatif import whatif as make

        return make(data, find_city(data, name), changes, **options)
    from technopole.publish.own_whatif import own_whatif

    return own_whatif(data, _own_framework(options.pop("framework", None)), name, changes, **options)


def plot(what: Any, kind: str, top: int = 30, *, framework: Any = None, **options: Any) -> Picture:
    """Make a picture of one of `technopole.publish.pictures.KINDS`. A notebook shows it; `.save` writes it.

    Parameters
    ----------
    what : an edition (options as `publish.picture.View`), or a table of one's own (file or Polars frame) with its
        framework (file or dict; option: replicates). Bars, scatters, dots and distributions take the options of
        `publish.value_pictures.Selection`; `of` and `mark` may be one name.
    """
    from dataclasses import fields

    from technopole.editions.read import Edition as Published
    from technopole.publish.picture import View
    from technopole.publish.pictures import of_edition, of_own
    from technopole.publish.value_pictures import Selection

    chosen = {one.name: options.pop(one.name) for one in fields(Selection) if one.name in options}
    for several in {"of", "mark"} & set(chosen):
        chosen[several] = (chosen[several],) if isinstance(chosen[several], str) else tuple(chosen[several])
    selection = Selection(**chosen)
    if isinstance(what, Published):
        return of_edition(what, kind, View(**options), top, selection)
    data = Path(what) if isinstance(what, str) else what
    return of_own(data, _own_framework(framework), kind, top, selection=selection, **options)


def _own_framework(framework: Any) -> GenericFramework:
    from technopole.core.errors import InputError
    from technopole.index.generic import parse_generic, read_generic

    if framework is None:
        raise InputError("Your own table needs a framework:", "give a file or a dict (docs/engine.md).")
    return parse_generic(framework, "framework") if isinstance(framework, dict) else read_generic(Path(framework))
