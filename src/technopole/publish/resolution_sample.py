"""A random sample of resolutions for a person to review: tests/golden/resolutions_reviewed.csv.

``python -m technopole.publish.resolution_sample SEED [MIRROR]`` prints the sample as CSV, the verdicts of rows that
were reviewed before filled in. A *resolution* is a place as a source writes it (a name, a point, an institution) with
its answer: a city of the frame, or a known place that lies in none. The sample is stratified: every source with rows
about cities gives the same number of resolutions, drawn without replacement from its distinct ones (a source that has
fewer gives all, and the others make up for it), however often each occurs and whatever it weighs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.cities.resolve import QUERY_SCHEMA, Resolver
from technopole.cities.tables import CityTables
from technopole.core.types import Level
from technopole.editions.read import open_edition
from technopole.editions.shipped import repository
from technopole.snapshots.upstream import Upstream, mirror_folder
from technopole.sources.registry import Source, load_source, source_ids

SIZE: Final = 200
REVIEWED: Final = "tests/golden/resolutions_reviewed.csv"
OUTSIDE: Final = "outside the frame"
QUERY: Final = list(QUERY_SCHEMA)
COLUMNS: Final = ["source", "label", *QUERY, "answer"]
REVIEW: Final = ["verdict", "ground"]
ASKED: Final = "?"


class Recorder:
    """Stands in for the resolver: the reason of each answer is the query itself, as JSON behind a question mark.

    So each record of a source carries what it asks of the resolver, beside the label that upstream writes. Where a
    source asks something before it decides (listed_china), it gets a true answer from `cities`, and asks again.
    """

    def __init__(self, cities: Resolver) -> None:
        self.cities = cities

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        """Answers with a query each; ``city`` is the true one."""
        asked = queries.select([c for c in QUERY if c in queries.columns]).to_dicts()
        texts = [ASKED + json.dumps(one, ensure_ascii=False) for one in asked]
        return self.cities.resolve(queries).with_columns(reason=pl.Series(texts, dtype=pl.String))


def asked(source: Source, mirror: Path, cities: Resolver) -> pl.DataFrame:
    """Distinct labels of a source's rows about cities and what each asks: ``source``, ``label``, QUERY, sorted.

    Rows that a rule leaves out before they are asked for aren't among them.
    """
    records = source.records(Upstream(mirror, source.lock()), Recorder(cities))
    texts = (
        records.filter((pl.col("level") == Level.CITY.value) & pl.col("reason").str.starts_with(ASKED))
        .select("label", "reason")
        .unique()
        .sort("label", "reason", nulls_last=True)
    )
    queries = [{name: json.loads(text[1:]).get(name) for name in QUERY} for text in texts["reason"]]
    table = pl.DataFrame(queries, schema=QUERY_SCHEMA, strict=False)
    return table.select(pl.lit(source.id).alias("source"), texts["label"].alias("label"), *QUERY)


def answers(queries: pl.DataFrame, cities: Resolver) -> pl.Series:
    """Answer of each query as the file has it: a city's slug, "outside the frame: NAME", or null (not resolved)."""
    found = cities.resolve(queries.select(QUERY))
    slugs = dict(cities.tables.frame.select("city", "slug").iter_rows())
    outside = pl.when(pl.col("reason").str.starts_with(OUTSIDE)).then("reason")
    slug = pl.col("city").replace_strict(slugs, default=None, return_dtype=pl.String)
    return found.select(answer=pl.coalesce(slug, outside))["answer"]


def allocation(available: list[int], size: int) -> list[int]:
    """How many each stratum gives: equal shares, a small one all it has, the remainder to the first ones.

    >>> allocation([100, 2, 100], 12)
    [5, 2, 5]
    >>> allocation([100, 100, 100], 11)
    [4, 4, 3]
    """
    given = [0] * len(available)
    while size and any(one < most for one, most in zip(given, available, strict=True)):
        for place, most in enumerate(available):
            if size and given[place] < most:
                given[place] += 1
                size -= 1
    return given


def draw(strata: list[pl.DataFrame], size: int, rng: np.random.Generator) -> pl.DataFrame:
    """Stratified sample without replacement, in the order of the strata and of their rows."""
    numbers = allocation([one.height for one in strata], size)
    chosen = [
        np.sort(rng.choice(one.height, number, replace=False)) for one, number in zip(strata, numbers, strict=True)
    ]
    return pl.concat([one.select(pl.all().gather(rows)) for one, rows in zip(strata, chosen, strict=True)])


def sample(mirror: Path, tables: CityTables, seed: int, size: int = SIZE) -> pl.DataFrame:
    """Draw from all sources: COLUMNS, one line a resolution."""
    cities = Resolver(tables)
    strata = []
    for name in source_ids():
        table = asked(load_source(name), mirror, cities)
        resolved = table.with_columns(answer=answers(table, cities)).drop_nulls("answer")
        if resolved.height:
            strata.append(resolved.select(COLUMNS))
    return draw(strata, size, np.random.default_rng(seed))


def with_verdicts(drawn: pl.DataFrame, reviewed: pl.DataFrame) -> pl.DataFrame:
    """Add the verdict and ground of rows that were reviewed before with the same answer; empty for the others."""
    return drawn.join(
        reviewed.select(*COLUMNS, *REVIEW),
        on=COLUMNS,
        how="left",
        nulls_equal=True,
        validate="1:1",
        maintain_order="left",
    )


def read_reviewed(path: Path) -> pl.DataFrame:
    """Read the reviewed file: COLUMNS and REVIEW."""
    schema: dict[str, Any] = {"source": pl.String, "label": pl.String, **QUERY_SCHEMA, "answer": pl.String}
    return pl.read_csv(path, schema={**schema, **dict.fromkeys(REVIEW, pl.String)})


def main() -> None:
    """Print the sample of a seed."""
    seed = int(sys.argv[1])
    mirror = Path(sys.argv[2]) if len(sys.argv) > 2 else mirror_folder(repository())
    drawn = sample(mirror, open_edition().cities(), seed)
    path = repository() / REVIEWED
    if path.is_file():
        drawn = with_verdicts(drawn, read_reviewed(path))
    else:
        drawn = drawn.with_columns(**dict.fromkeys(REVIEW, pl.lit(None, pl.String)))
    sys.stdout.write(drawn.write_csv())


if __name__ == "__main__":
    main()
