"""Known upstream defects, repaired by declared data that expires when upstream repairs them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

import polars as pl

from technopole.core.errors import SourceCheckError
from technopole.observations.variables import Correction


def apply_corrections(table: pl.DataFrame, file: str, corrections: Iterable[Correction]) -> pl.DataFrame:
    """Apply the corrections declared for one upstream file to its text table.

    Parameters
    ----------
    table : columns of text, as the readers of snapshots/ return them.
    file : mirror path of the file; corrections of other files are passed over.

    Raises
    ------
    SourceCheckError : the rows to correct are gone, or no longer hold the expected wrong value. A correction that
        doesn't expire is passed over then.
    """
    for correction in corrections:
        if not PurePosixPath(file).match(correction.file):
            continue
        conditions = [
            pl.col(column).is_null() if text is None else (pl.col(column) == text)
            for column, text in correction.match.items()
        ]
        hit = pl.all_horizontal(conditions).fill_null(False)
        rows = table.filter(hit)
        name = f"{file}: correction of {dict(correction.match)} ({correction.why})"
        defect = rows.height and (correction.drop or set(rows[correction.column].to_list()) == {correction.expect})
        if not defect and not correction.expires:
            continue
        if rows.is_empty():
            raise SourceCheckError(f"{name} finds no row:", "upstream has changed; remove or renew it in meta.yaml.")
        if correction.drop:
            table = table.filter(~hit)
            continue
        if not defect:
            found = set(rows[correction.column].to_list())
            raise SourceCheckError(
                f"{name} expects {correction.column}={correction.expect!r} and finds {sorted(map(str, found))}:",
                "upstream has changed; remove or renew it in meta.yaml.",
            )
        corrected = pl.when(hit).then(pl.lit(correction.value, dtype=pl.String)).otherwise(pl.col(correction.column))
        table = table.with_columns(corrected.alias(correction.column))
    return table
