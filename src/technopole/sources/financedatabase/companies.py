"""Listings become companies: which rows are left out, whose profile is believed, and which rows are one company.

One company has many listings: its own exchange, depositary receipts, and the German regional venues, which list the
world. Every function takes and returns a frame with one row a listing; nothing is read or resolved here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

# What upstream lists beside companies, read on the beginning of the summary or on the name. A real estate trust owns
# and runs buildings: it stays.
_REAL_ESTATE_TRUST: Final = r"(?i)real estate investment trust|\breits?\b"
_FUND_SUMMARY: Final = (
    r"(?i)\b(mutual fund|exchange[- ]traded fund|venture capital trust|investment trust|unit trust|"
    r"closed?[- ]end(ed)?[\w ,-]{0,40} (fund|trust|investment company)|"
    r"open[- ]end(ed)?[\w ,-]{0,40} (fund|trust)|is an? [\w ,-]{0,40}\bfund\b)"
)
_FUND_NAME: Final = (
    r"\b(ETF|ETN|ETC|ETP|ETPs|UCITS|Fund|Funds|FUND|FUNDS|Fondo|FONDO|SICAV|LOF|QDII|VCT|VCTs|Investment Trust|"
    r"INVESTMENT TRUST)\b"
)
_PAPER_NAME: Final = (
    r"\b(ETF|ETN|ETC|ETP|ETPs|UCITS|Warrants?|WARRANTS?)\b|^(EGB|RCB|RBI) OE |\bT[LS]\.Z|"
    r"(?i)\b(preferred (stock|shares?|securities|units)|preference (securities|shares?)|subordinated|debentures?|"
    r"notes? due|senior notes|corporate units)\b"
)
_SHELL: Final = (
    r"(?i)blank[- ]check|special purpose acquisition|does not have (any )?significant (business )?operations|"
    r"through an? merger|merger, (capital )?(stock|share) exchange|"
    r"(effect(ing)?|complet(e|ing)|enter(ing)? into|consummat(e|ing)) (an? )?(initial )?(merger|business combination)"
)
_FINANCIAL: Final = ("Financials", "Financial Services", "Financial")

_HEADQUARTERS: Final = r"(?:headquartered|headquarters|based) (?:is |are )?(?:located )?in ([A-Z][^.;()]{1,80})\."

CROWD: Final = 10
"""So many names on one website are no company's own: the largest honest case in the files has six."""

# Words that say how a company is incorporated or which of its shares is meant, not which company it is.
_SHARE: Final = (
    r" (sponsored|unsponsored|adr|ads|gdr|gdrs|drn|drc|bdr|cedear|class [a-z]\b|cl [a-z]\b|series [a-z]\b|ser [a-z]\b|"
    r"ordinary shares?|ord shs|common (stock|shares|units)|pref|pfd|preferred|depositary|american depositary)( .*)?$"
)
_LEGAL: Final = (
    r" (inc|incorporated|corp|corporation|co|company|companies|ltd|limited|plc|llc|lp|ag|se|sa|nv|bv|spa|ab|publ|asa|"
    r"as|oyj|kgaa|gmbh|bhd|berhad|tbk|pcl|pjsc|ojsc|jsc|ao|kk|sab de cv|s a b de c v|s a|n v|b v|s p a|a s|s e|and)$"
)


def leave_out(listings: pl.DataFrame) -> pl.DataFrame:
    """Drop what isn't a living company: delisted, nameless and preferred rows, funds, and shells without a business.

    Parameters
    ----------
    listings : the text columns ``symbol``, ``name``, ``summary``, ``sector``, ``industry``,
        ``delisted``. Missing texts match no rule, so such rows stay. A row without the delisted mark (the
        2023 supplement has none) goes when its symbol is marked elsewhere.
    """
    gone = listings.filter(pl.col("delisted") == "True").select("symbol").unique()
    unmarked = pl.col("delisted").is_null() & pl.col("symbol").is_in(gone["symbol"].implode())
    start = pl.col("summary").str.head(400).fill_null("")
    name = pl.col("name").fill_null("")
    real_estate = (pl.col("sector") == "Real Estate").fill_null(value=False) | start.str.contains(_REAL_ESTATE_TRUST)
    financial = pl.col("sector").is_null() | pl.col("sector").is_in(_FINANCIAL)
    # "is an investment manager. The firm launches mutual funds" isn't one: the first sentence decides
    first = start.str.extract(r"^(.{20,}?\.)( [A-Z]|$)").fill_null(start)
    fund = ~real_estate & ((financial & name.str.contains(_FUND_NAME)) | first.str.contains(_FUND_SUMMARY))
    paper = name.str.contains(_PAPER_NAME)
    shell = (pl.col("industry") == "Shell Companies").fill_null(value=False) | (financial & start.str.contains(_SHELL))
    out = (
        (pl.col("delisted") == "True").fill_null(value=False)
        | unmarked
        | pl.col("name").is_null()
        | fund
        | paper
        | shell
    )
    return listings.filter(~out)


def add_keys(listings: pl.DataFrame) -> pl.DataFrame:
    """Add ``words`` (the name without case, accents and punctuation), ``name_key`` and ``host`` (of the website).

    The key is `words` without share class and legal form; the last word always stays.
    """
    plain = pl.col("name").str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    words = plain.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    key = words.str.replace(r"^the ", "").str.replace(_SHARE, "")
    for _ in range(3):  # "holding sa ag", "co ltd", "corp plc": each pass takes one word off the end
        key = key.str.replace(_LEGAL, "")
    host = pl.col("website").str.to_lowercase().str.replace(r"^https?://", "").str.replace(r"^www\d?\.", "")
    return listings.with_columns(
        words=words,
        name_key=key,
        host=host.str.replace(r"/+$", ""),
    )


def pasted_profiles(listings: pl.DataFrame) -> pl.DataFrame:
    """Find profiles that upstream pasted from a company with a short name onto others that merely contain it.

    Upstream once matched names by substring: "RH" (Corte Madera) gave its website and place to every "Berhad" of
    Malaysia, "two" (San Francisco) to every "Network", "TIS" (Tokyo) to Fortis and Zoetis. Of the names that share a
    website, one is such a case when it doesn't occur in the website's address, and either another of them stands
    inside one of its words, or the website has `CROWD` names and more.

    Parameters
    ----------
    listings : with ``words``, ``name_key`` and ``host``.

    Returns
    -------
    DataFrame ``words``, ``host``: distinct pairs whose place isn't to be believed.
    """
    known = listings.filter(pl.col("host").is_not_null()).select("host", "words", "name_key").unique()
    by_host: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for host, words, key in known.iter_rows():
        by_host[host].append((words, key))
    found: list[tuple[str, str]] = []
    for host, names in by_host.items():
        address = re.sub(r"[^a-z0-9]", "", host)
        keys = {key for _, key in names}
        for words, key in names:
            if key.replace(" ", "") in address:
                continue
            donors = (donor for donor in keys if len(donor) < len(key) and _inside_a_word(donor, words))
            if len(keys) >= CROWD or any(donors):
                found.append((words, host))
    return pl.DataFrame(found, schema={"words": pl.String, "host": pl.String}, orient="row")


def _inside_a_word(short: str, long: str) -> bool:
    """Whether `short` occurs in `long`, but never as whole words nor (from four letters on) as a word's beginning."""
    if short not in long or f" {short} " in f" {long} ":
        return False
    return len(short) < 4 or f" {short}" not in f" {long}"


def distrust(listings: pl.DataFrame, pasted: pl.DataFrame) -> pl.DataFrame:
    """Empty what a pasted profile brought; city and country only where they're the donor's.

    The donor's city is the one that most rows of the website have (ties: the first by name).
    """
    donors = (
        listings.join(pasted.select("host").unique(), on="host", how="semi")
        .filter(pl.col("city").is_not_null())
        .group_by("host", "city")
        .len()
        .sort("host", "len", "city", descending=[False, True, False])
        .group_by("host", maintain_order=True)
        .agg(donor_city=pl.col("city").first())
    )
    marked = listings.join(
        pasted.with_columns(bad=pl.lit(value=True)),
        on=["words", "host"],
        how="left",
        validate="m:1",
        maintain_order="left",
    ).join(donors, on="host", how="left", validate="m:1", maintain_order="left")
    bad = pl.col("bad").fill_null(value=False)
    theirs = bad & (pl.col("city").is_null() | (pl.col("city") == pl.col("donor_city")))
    blank = dict.fromkeys(("summary", "website", "host", "state", "sector", "industry_group", "industry"), bad)
    blank |= dict.fromkeys(("city", "country"), theirs)
    emptied = [pl.when(when).then(None).otherwise(pl.col(name)).alias(name) for name, when in blank.items()]
    return marked.with_columns(emptied).drop("bad", "donor_city")


def add_written_place(listings: pl.DataFrame) -> pl.DataFrame:
    """Add what the summary's last sentence says: "is headquartered in Toronto, Ontario, Canada".

    Returns
    -------
    The frame with ``written_city``, ``written_state`` (the middle part) and ``written_country`` (the last part; as
    written, which may be a state of the USA); null where the summary says nothing, or a country only.
    """
    said = (
        pl.col("summary")
        .str.tail(240)
        .str.extract(_HEADQUARTERS)
        .str.split(",")
        .list.eval(pl.element().str.strip_chars())
    )
    parts = said.list.len()
    return listings.with_columns(
        written_city=pl.when(parts >= 2).then(said.list.first()),
        written_state=pl.when(parts >= 3).then(said.list.get(1, null_on_oob=True)),
        written_country=said.list.last(),
    )


def company_ids(listings: pl.DataFrame) -> pl.Series:
    """Give one number to the listings of one name and country, or of one website and city.

    Parameters
    ----------
    listings : with ``name_key``, ``country`` (code; null when unknown), ``host``, ``city``. A listing without a
        country counts as of the country that most listings of its name give.

    Returns
    -------
    Series of UInt32, one a listing; the numbers mean nothing beyond equality.
    """
    city = pl.col("city").str.to_lowercase()
    usual = (  # the country that most listings of a name give
        listings.filter(pl.col("country").is_not_null())
        .group_by("name_key", "country")
        .len()
        .sort("name_key", "len", "country", descending=[False, True, False])
        .unique("name_key", keep="first", maintain_order=True)
        .select("name_key", usual="country")
    )
    numbered = (
        listings.select("name_key", "country", "host", city=city)
        .with_row_index("listing")
        .join(usual, on="name_key", how="left", validate="m:1", maintain_order="left")
        .select(
            "listing",
            by_name=pl.concat_str("name_key", pl.coalesce("country", "usual", pl.lit("")), separator="|"),
            by_site=pl.concat_str("host", "city", "country", separator="|"),  # null where one of them is
        )
    )
    edges = pl.concat([numbered.select("listing", node=name) for name in ("by_name", "by_site")]).drop_nulls()
    nodes = edges["node"].rank("dense").to_numpy().astype(np.int64) + listings.height - 1
    ends = edges["listing"].to_numpy().astype(np.int64)
    size = listings.height + edges["node"].n_unique()
    graph = coo_matrix((np.ones(len(ends), dtype=np.int8), (ends, nodes)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return pl.Series("company", labels[: listings.height], dtype=pl.UInt32)


def representatives(listings: pl.DataFrame) -> pl.DataFrame:
    """One listing for each company, in a fixed order of preference.

    A listing that names a city, on an exchange of the company's own country, not from the older supplement, with an
    industry; then the first by file and line. The class (``sector``, ``industry_group``, ``industry``) is that
    listing's, or the first one's that has a class; ``listed_at_home`` says whether any listing is on an exchange of
    the company's country, ``listed_abroad`` whether any is on an exchange of another one.

    Parameters
    ----------
    listings : with ``company``, ``home`` (country of the exchange, null for venues that list the world), ``country``,
        ``city``, ``sector``, ``industry_group``, ``industry``, ``old`` (Boolean), ``file``, ``line`` (integer).
    """
    at_home = (pl.col("home") == pl.col("country")).fill_null(value=False)
    classed = pl.coalesce("industry_group", "industry").is_not_null()
    ordered = listings.with_columns(at_home=at_home, classed=classed).sort(
        pl.col("city").is_null(), ~pl.col("at_home"), "old", ~pl.col("classed"), "file", "line"
    )
    classes = ("sector", "industry_group", "industry")
    first_class = (
        ordered.filter(pl.col("sector").is_not_null())
        .sort(~pl.col("classed"), maintain_order=True)
        .unique("company", keep="first", maintain_order=True)
        .select("company", *[pl.col(name).alias(f"{name}_of_any") for name in classes])
    )
    home = ordered.group_by("company").agg(
        listed_at_home=pl.col("at_home").any(),
        listed_abroad=(pl.col("home").is_not_null() & ~pl.col("at_home")).any(),
    )
    chosen = ordered.unique("company", keep="first", maintain_order=True)
    joined = chosen.join(first_class, on="company", how="left", validate="1:1").join(
        home, on="company", how="left", validate="1:1"
    )
    own = pl.col("sector").is_not_null() & pl.col("classed")
    return joined.with_columns(
        [pl.when(own).then(pl.col(name)).otherwise(pl.col(f"{name}_of_any")).alias(name) for name in classes]
    ).sort("file", "line")
