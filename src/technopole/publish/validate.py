"""How a published ranking of cities agrees with ours.

A high correlation doesn't make either right, and a low one doesn't make either wrong: other lists ask other
questions. What it gives is where to look: the cities that the two see most differently.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from scipy import stats

from technopole.core.errors import InputError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition
from technopole.publish.ranking import rank
from technopole.publish.resolving import QUERY_SCHEMA, resolve_queries
from technopole.snapshots.tables import ROW, read_csv

LARGEST: Final = 10
_RANK: Final = re.compile(r"^[=#]?\s*(\d+)\s*(?:[-–]\s*(\d+))?\s*[=.]?$")


def validate(
    edition: Edition,
    path: Path,
    *,
    lens: Lens = Lens.SCALE,
    side: str | None = None,
    boundary: Boundary = Boundary.AGGLOMERATION,
) -> dict[str, Any]:
    """Compare a list with ours, in the documented shape of `technopole validate --json`.

    Parameters
    ----------
    path : CSV with the columns rank, city and (may be absent or empty) country. A rank is a number, also "=12", or a
        band such as 101-150, which counts as its middle.

    Returns
    -------
    `correlation` is Spearman's over the cities that both rank, with a 95 % interval by Bonett and Wright (2000),
    doi:10.1007/BF02294183: tanh(atanh r +- 1.96 sqrt((1 + r**2 / 2) / (n - 3))). Both are null for fewer than 4
    cities. `position` and `our_position` are places among these cities; `difference` is ours less theirs: negative
    where we place a city higher.

    Raises
    ------
    InputError : no such file, a rank that isn't one (with its line), no city that both rank.
    """
    listed = read_list(path)
    ours = rank(edition, lens=lens, side=side, boundary=boundary).table
    found, unmatched = _matched(edition, listed, ours)
    if not found:
        raise InputError(f"No city of {path.name} is ranked here:", "check its columns city and country.")
    theirs = stats.rankdata([row["rank"] for row in found], method="min")
    mine = stats.rankdata([row["our_rank"] for row in found], method="min")
    for row, position, own in zip(found, theirs, mine, strict=True):
        row |= {"position": int(position), "our_position": int(own), "difference": int(own) - int(position)}
    correlation, low, high = spearman([row["rank"] for row in found], [row["our_rank"] for row in found])
    return {
        "edition": edition.id,
        "list": path.name,
        "lens": lens.value,
        "side": side,
        "boundary": boundary.value,
        "rows": listed.height,
        "matched": len(found),
        "correlation": correlation,
        "correlation_low": low,
        "correlation_high": high,
        "largest": sorted(found, key=lambda row: (-abs(row["difference"]), row["rank"]))[:LARGEST],
        "cities": found,
        "unmatched": unmatched,
    }


def spearman(a: list[float], b: list[float]) -> tuple[float | None, float | None, float | None]:
    """Spearman's correlation (mean ranks of ties) and its 95 % interval; None where they aren't defined."""
    ranks = [np.asarray(stats.rankdata(one)) for one in (a, b)]
    if len(a) < 4 or any(np.ptp(one) == 0 for one in ranks):
        return None, None, None
    r = float(np.clip(np.corrcoef(ranks[0], ranks[1])[0, 1], -1.0, 1.0))
    if abs(r) > 1 - 1e-12:
        return round(r), round(r), round(r)
    half = 1.959963984540054 * math.sqrt((1 + r**2 / 2) / (len(a) - 3))
    return r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def read_list(path: Path) -> pl.DataFrame:
    """Read the list as rank (number), city, country and line. Raises as `validate`."""
    if not path.is_file():
        raise InputError(f"{path} isn't there.", "Name a CSV file with the columns rank, city, country.")
    table = read_csv(path)
    for column in ("rank", "city"):
        if column not in table.columns:
            known = ", ".join(name for name in table.columns if name != ROW)
            raise InputError(f"{path.name} lacks the column {column!r}; it has {known}.", "Name it so.")
    if "country" not in table.columns:
        table = table.with_columns(country=pl.lit(None, pl.String))
    ranks = []
    for line, text, city in table.select(ROW, "rank", "city").iter_rows():
        found = _RANK.match((text or "").strip())
        if found is None or not city:
            what = f"the rank {text!r} isn't a number" if found is None else "there is no city"
            raise InputError(f"{path.name} line {line}: {what}:", "write such as 12, =12 or 101-150, and a name.")
        ranks.append((int(found[1]) + int(found[2] or found[1])) / 2)
    if not ranks:
        raise InputError(f"{path.name} has no rows below its header.", "Give at least one city.")
    return table.select("city", "country", line=ROW).with_columns(rank=pl.Series(ranks))


def _matched(
    edition: Edition, listed: pl.DataFrame, ours: pl.DataFrame
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows that we rank too, best first, and the others with the reason."""
    empty = {name: pl.lit(None, kind) for name, kind in QUERY_SCHEMA.items() if name not in {"name", "country"}}
    queries = listed.select(name="city", country="country").with_columns(**empty).select(list(QUERY_SCHEMA))
    answers = resolve_queries(edition, queries)
    ranked = {row["city"]: row for row in ours.iter_rows(named=True)}
    found: list[dict[str, Any]] = []
    unmatched: list[dict[str, Any]] = []
    taken: dict[int, str] = {}
    rows = sorted(zip(listed.iter_rows(named=True), answers, strict=True), key=lambda pair: float(pair[0]["rank"]))
    for asked, answer in rows:
        own = ranked.get(answer["id"]) if answer["id"] is not None else None
        head = {"rank": asked["rank"], "city": asked["city"], "country": asked["country"]}
        if own is None:
            reason = answer["reason"] if answer["id"] is None else f"{answer['name']} has too little evidence here"
        elif answer["id"] in taken:
            reason = f"one city here with {taken[answer['id']]}, which the list places higher"
        else:
            taken[answer["id"]] = asked["city"]
            ends = {"rank_low": own["rank_low"], "rank_high": own["rank_high"]}
            found.append({**head, "id": own["city"], "name": own["name"], "our_rank": own["rank"], **ends})
            continue
        unmatched.append({**head, "reason": reason})
    return found, unmatched
