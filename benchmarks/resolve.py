"""Names per second of the resolver: known names, misspelt ones and noise. Prints; asserts nothing.

Run: python benchmarks/resolve.py FOLDER, where FOLDER holds the reference tables (reference/ of an edition).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from technopole.cities.resolve import Resolver
from technopole.cities.tables import CityTables

NAMES = 100_000
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz -,()"))


def misspelt(names: list[str], rng: np.random.Generator) -> list[str]:
    """Each name with one letter replaced by a random one."""
    spots = rng.integers(0, [len(name) for name in names])
    letters = rng.choice(LETTERS[:26], len(names))
    return [
        name[:spot] + str(letter) + name[spot + 1 :] for name, spot, letter in zip(names, spots, letters, strict=True)
    ]


def main(folder: Path) -> None:
    tables = CityTables.read(folder)
    start = time.perf_counter()
    resolver = Resolver(tables)
    print(f"resolver of {tables.aliases.height:,} names: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    resolver.resolve(pl.DataFrame({"name": ["Tokyo"]}))
    print(f"first name: {time.perf_counter() - start:.2f} s")
    rng = np.random.default_rng(0)
    named = tables.aliases.join(tables.gazetteer.select("place", "country"), on="place", validate="m:1")
    sample = named.sample(NAMES, seed=0, with_replacement=named.height < NAMES)
    names, country = sample["folded"].to_list(), sample["country"]
    wrong = misspelt(names, rng)
    noise = ["".join(rng.choice(LETTERS, size)) for size in rng.integers(3, 25, NAMES)]
    batches = {
        "known names": pl.DataFrame({"name": names}),
        "known names with country": pl.DataFrame({"name": names, "country": country}),
        "misspelt names with country": pl.DataFrame({"name": wrong, "country": country}),
        "misspelt names": pl.DataFrame({"name": wrong}),
        "noise": pl.DataFrame({"name": noise}),
    }
    for what, batch in batches.items():
        start = time.perf_counter()
        answers = resolver.resolve(batch)
        seconds = time.perf_counter() - start
        share = answers["city"].is_not_null().mean()
        print(f"{NAMES:,} {what}: {seconds:.2f} s, {share:.1%} in a city")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
