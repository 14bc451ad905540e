"""The derived part of the register, written from an edition: initiatives/derived/.

``python -m technopole.publish.derived_initiatives [FOLDER]`` writes one file a city for the first cities of the league
table, and the rows that each entry was read from. A city of which nothing is held has no file.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from technopole.editions.atomic import replaced_folder
from technopole.editions.declared import declared_sources
from technopole.editions.read import Edition, open_edition
from technopole.initiatives.derive import derive
from technopole.initiatives.register import DERIVED_FOLDER, Initiative, city_text
from technopole.initiatives.reviews import DERIVED_REVIEWS, Review, review_lines
from technopole.publish.ranking import rank

FIRST: Final = 100
"""Cities of the league table (scale, both sides) that get derived entries."""


def derived_initiatives(edition: Edition, seen: datetime.date) -> list[tuple[Initiative, Review]]:
    """Entries of the first cities, in the order of their slugs."""
    table = rank(edition).table.head(FIRST).sort("slug")
    cities = dict(zip(table["city"].to_list(), table["slug"].to_list(), strict=True))
    tables = {name: edition.table(name) for name in ("observations", "evidence", "files")}
    return derive(tables, declared_sources(edition), cities, seen)


def derived_files(made: Sequence[tuple[Initiative, Review]]) -> dict[str, str]:
    """Name and text of each file of the folder."""
    files = {
        f"{slug}.yaml": city_text(slug, [entry for entry, _ in pairs])
        for slug, pairs in groupby(made, key=lambda pair: pair[0].city)
    }
    return {**files, DERIVED_REVIEWS.name: review_lines(review for _, review in made)}


def main() -> None:
    """Write the folder whole, or leave it as it was."""
    edition = open_edition(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    files = derived_files(derived_initiatives(edition, datetime.datetime.now(tz=datetime.UTC).date()))
    with replaced_folder(DERIVED_FOLDER) as folder:
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    sys.stderr.write(f"{DERIVED_FOLDER.name}/: {len(files) - 1} cities, written from edition {edition.id}\n")


if __name__ == "__main__":
    main()
