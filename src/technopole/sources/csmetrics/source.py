"""Computer-science papers, 2007 to 2018, by csmetrics.org: a record a score file (venue and year) and institution.

A score file is a JSON object: institution key -> fractional number of papers and of citations (a paper of three
authors gives each one's institution a third). An institution is placed by the reviewed table placements.csv beside
this file, otherwise by its name and country in the register of research organisations (ROR). Companies and
organisations with several sites aren't put at their headquarters: the files don't say where the work was done, so
they are split among their members by splits.csv (splitting.py), shared out equally over their laboratories by
laboratories.csv (laboratories.py), or left out, with the reason, and counted. Years after LAST hold a few early papers
of some venues and aren't read.
"""

from __future__ import annotations

import re
import unicodedata
from importlib import resources
from pathlib import Path
from typing import Final

import polars as pl

from technopole.cities.institutions import registered
from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_json
from technopole.snapshots.upstream import Upstream
from technopole.sources.csmetrics.laboratories import laboratory_sites, share_out
from technopole.sources.csmetrics.splitting import split

SCORES: Final = "csmetrics/data/scores/*_affiliations.json"
NAMES: Final = "csmetrics/app/data/inst_full_clean.csv"  # no header
NAME_COLUMNS: Final = ["institution", "full_name", "type", "continent", "country", "url"]
REGISTER: Final = "ror/ror_records_merged.csv"
REGISTER_COLUMNS: Final = ["name", "types", "city", "country", "lat", "lon"]
FILE_NAME: Final = re.compile(r"(?P<venue>[^/]+)_(?P<year>\d{4})_affiliations\.json$")
FIRST: Final = 2007
LAST: Final = 2018
PAPERS: Final = "Publication Count"
OTHER_VENUES: Final = "computer_science_papers"
COMPANY: Final = "company: the files don't say at which of its sites the work was done"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the score files and place their institutions; return a record a file, institution and place (RECORD_SCHEMA).

    Raises
    ------
    UpstreamError : a score file isn't an object of institutions with a number of papers.
    """
    scores = _scores(upstream, _venues())
    institutions = _institutions(upstream, meta, scores["institution"].unique(maintain_order=True))
    sites = laboratory_sites(_declared("laboratories.csv"), cities)
    others = scores.join(sites, on="institution", how="anti", maintain_order="left")
    rows = split(others, institutions, _declared("splits.csv"))
    return pl.concat([place(rows.rename({"institution": "row"}), cities), share_out(scores, sites)])


def _declared(name: str) -> pl.DataFrame:
    """Read a declared table beside this file."""
    with resources.as_file(resources.files(__package__).joinpath(name)) as path:
        return read_csv(Path(path)).drop(ROW)


def _venues() -> dict[str, str]:
    """Venue -> variable, for the venues with a variable of their own; all others are OTHER_VENUES."""
    return dict(_declared("venues.csv").select("venue", "variable").iter_rows())


def _scores(upstream: Upstream, variables: dict[str, str]) -> pl.DataFrame:
    """One row a score file and institution with papers: file, variable, institution, amount."""
    columns: dict[str, list[str | float]] = {"file": [], "variable": [], "institution": [], "amount": []}
    for path in upstream.paths(SCORES):
        name = FILE_NAME.search(path)
        if name is None or not FIRST <= int(name["year"]) <= LAST:
            continue
        scores = read_json(upstream.open(path))
        variable = variables.get(name["venue"], OTHER_VENUES)
        for institution, papers in _papers(scores, path):
            columns["file"].append(path)
            columns["variable"].append(variable)
            columns["institution"].append(institution)
            columns["amount"].append(papers)
    schema = {"file": pl.String, "variable": pl.String, "institution": pl.String, "amount": pl.Float64}
    return pl.DataFrame(columns, schema=schema)


def _papers(scores: object, path: str) -> list[tuple[str, float]]:
    """Institutions of one score file with their papers above 0.

    Raises
    ------
    UpstreamError : another form.
    """
    try:
        papers = [(key, float(counts[PAPERS])) for key, counts in scores.items()]  # type: ignore[attr-defined]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UpstreamError(f"{path} isn't an object of institutions, each with {PAPERS!r} ({error!r}).") from error
    return [(key, count) for key, count in papers if count > 0]


def _institutions(upstream: Upstream, meta: Meta, keys: pl.Series) -> pl.DataFrame:
    """One row a key: label, and name, country, admin1, lat, lon of its place, or the reason why it has none.

    The reviewed placements win; then companies are left out; then the register answers by full name and country.
    """
    known = _named(upstream, meta, keys)
    register = read_csv(upstream.open(REGISTER), columns=REGISTER_COLUMNS)
    found = registered(known.select("institution", name="full_name", country="upstream_country"), register)
    review = _declared("placements.csv").select(
        "institution", "admin1", "left_out", "why", new_city="city", new_country="country"
    )
    joined = known.join(found, on="institution", how="left", validate="1:1").join(
        review, on="institution", how="left", validate="1:1"
    )
    reviewed = pl.col("why").is_not_null()
    company = pl.col("type").eq("Company").fill_null(value=False) | pl.col("company")
    left_out = pl.concat_str("left_out", pl.lit(": "), "why")
    return joined.select(
        "institution",
        "admin1",
        label=pl.concat_str("written", "upstream_country", separator=" | ", ignore_nulls=True),
        name="new_city",  # the register's answer is asked for by its point: no town's name needs a guess
        country=pl.when(reviewed).then("new_country").otherwise("country"),
        lat=pl.when(~reviewed).then("lat"),
        lon=pl.when(~reviewed).then("lon"),
        reason=pl.when(reviewed).then(left_out).when(company).then(pl.lit(COMPANY)).otherwise("unregistered"),
    )


def _named(upstream: Upstream, meta: Meta, keys: pl.Series) -> pl.DataFrame:
    """Keys with ``full_name`` (the key itself where upstream lists none), ``written``, ``type``, ``upstream_country``.

    `written` is the full name, or the key where the score files' key is another name ("trinity college" for Trinity
    College, Dublin): what a reader finds in the file.
    """
    table = read_csv(upstream.open(NAMES), columns=NAME_COLUMNS, header=False)
    names = apply_corrections(table, NAMES, meta.corrections).select(
        "institution", "full_name", "type", upstream_country="country"
    )
    known = keys.to_frame("institution").join(
        names, on="institution", how="left", validate="1:1", maintain_order="left"
    )
    full = known.with_columns(pl.coalesce("full_name", "institution").alias("full_name"))
    same = [_letters(name) in _letters(key) for name, key in full.select("full_name", "institution").iter_rows()]
    return full.with_columns(written=pl.when(pl.Series(same)).then("full_name").otherwise("institution"))


def _letters(text: str) -> str:
    """Letters and digits without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
