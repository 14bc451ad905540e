"""`technopole audit DATA --framework FILE`: the coherence of an index of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from technopole.cli.options import Csv, Json
from technopole.core.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

NAME = "own"
PARTS = ("elements", "indicators", "units", "correlations", "profiles", "versions")
FIRST = 20


def own(
    data: Annotated[Path, typer.Argument(help="Table of units: CSV, Parquet or Excel.")],
    framework: Annotated[Path | None, typer.Option(help="Framework (YAML).")] = None,
    imeta: Annotated[Path | None, typer.Option(help="COINr's iMeta.csv; DATA is then its iData.csv.")] = None,
    recipe: Annotated[str | None, typer.Option(help="With --imeta: coinr, as in its example.")] = None,
    against: Annotated[Path | None, typer.Option(help="Framework of another version to compare with.")] = None,
    against_data: Annotated[Path | None, typer.Option(help="Table of the other version (default: DATA).")] = None,
    part: Annotated[str, typer.Option(help=f"With --csv: {', '.join(PARTS)}.")] = "elements",
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Audit your own index: availability, correlations, coherence, effective weights, removal, profiles, versions."""
    from technopole.cli.output import write_csv, write_json
    from technopole.cli.score import framework_for
    from technopole.index.coherence import audit_run
    from technopole.index.generic import read_generic
    from technopole.index.scoring import score
    from technopole.index.versions import compare_runs

    run = score(data, framework_for(data, framework, imeta, recipe=recipe))
    shape = audit_run(run)
    if against is not None or against_data is not None:
        other = run.framework if against is None else read_generic(against)
        shape["versions"] = compare_runs(run, score(against_data or data, other))
    if json:
        write_json(shape)
    elif csv:
        write_csv(part_of(shape, part))
    else:
        _show(shape)


def part_of(shape: dict[str, Any], part: str) -> pl.DataFrame:
    """Flatten one part of an audit.

    Raises
    ------
    UnknownNameError : no such part. InputError : versions that weren't asked for.
    """
    import polars as pl

    from technopole.indicators.declarations import suggestion

    if part not in PARTS:
        raise UnknownNameError(f"an audit has no part {part!r}:", suggestion(part, list(PARTS)))
    if part == "versions" and "versions" not in shape:
        raise InputError("There is one version only.", "Give --against FRAMEWORK or --against-data DATA.")
    rows: list[dict[str, Any]]
    if part == "indicators":
        shares = {one["id"]: one for one in shape["availability"]["indicators"]}
        rows = [one | shares[one["id"]] for one in shape["statistics"]]
    elif part == "correlations":
        found = shape["correlations"]
        rows = [
            {"id": name, **dict(zip(found["indicators"], row, strict=True))}
            for name, row in zip(found["indicators"], found["matrix"], strict=True)
        ]
    elif part == "profiles":
        rows = [
            {"id": unit["id"], "name": unit["name"], "kind": kind, **one}
            for unit in shape["profiles"]
            for kind in ("strengths", "weaknesses")
            for one in unit[kind]
        ]
    else:
        rows = {"elements": shape["elements"], "units": shape["availability"]["units"],
                "versions": shape.get("versions", {}).get("units")}[part]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _show(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console

    out = console()
    period = f", {shape['period']}" if shape["period"] else ""
    out.print(f"Audit of {shape['index']}: {shape['units']} units, {shape['indicators']} indicators{period}")
    _show_elements(shape, out)
    _show_groups(shape, out)
    skewed = [one["id"] for one in shape["statistics"] if not one["passes_treated"]]
    out.print(f"Skewed after treatment (|skewness| 2 and kurtosis 3.5 and more): {', '.join(skewed) or 'none'}.")
    thin = sorted(shape["availability"]["units"], key=lambda one: one["present"])[:5]
    gaps = [f"{one['name']} {one['present']:.0%}" for one in thin if one["present"] < 1]
    out.print(f"Least data: {', '.join(gaps) or 'nothing is missing'}.")
    for kind, what in (("high", "above 0.7, they count one thing twice"), ("negative", "below -0.4")):
        pairs = [f"{one['a']} and {one['b']} {one['correlation']:.2f}" for one in shape["correlations"][kind]]
        more = f" and {len(pairs) - FIRST} more" if len(pairs) > FIRST else ""
        out.print(f"Pairs of one group {what}: {', '.join(pairs[:FIRST]) or 'none'}{more}.")
    for note in shape["notes"]:
        out.print(note)
    if "versions" in shape:
        _show_versions(shape["versions"], out)
    out.print("Matrix of correlations, loadings, every unit's strengths and weaknesses: --json, or --csv --part NAME.")


def _show_elements(shape: dict[str, Any], out: Console) -> None:
    from technopole.cli.output import new_table

    numeric = ("weight", "in index", "influence", "with parent", "with index", "rank change", "largest")
    table = new_table("element", "parent", *numeric, numeric=numeric)
    for one in shape["elements"]:
        cells = [
            f"{one['weight']:.3f}", f"{one['effective_weight']:.3f}", _cell(one["influence"], 3),
            _cell(one["correlation_with_parent"], 2), _cell(one["correlation_with_index"], 2),
            _cell(one["mean_rank_change"], 2), _cell(one["largest_rank_change"], 0),
        ]  # fmt: skip
        table.add_row(one["id"], one["parent"], *cells)
    out.print(table)
    out.print("Influence: squared correlation with the index, of its level. Rank change: mean, without the element.")


def _show_groups(shape: dict[str, Any], out: Console) -> None:
    from technopole.cli.output import new_table

    numeric = ("children", "alpha", "components above 1", "first explains")
    table = new_table("group", *numeric, numeric=numeric)
    for one in shape["groups"]:
        first = None if one["variance_shares"] is None else one["variance_shares"][0]
        cells = [_cell(one["cronbach_alpha"], 2), _cell(one["components_above_one"], 0)]
        table.add_row(one["id"], str(len(one["children"])), *cells, "" if first is None else f"{first:.0%}")
    out.print(table)


def _show_versions(versions: dict[str, Any], out: Console) -> None:
    from technopole.cli.output import new_table

    table = new_table("id", "name", "rank", "other", "move", numeric=("rank", "other", "move"))
    for one in versions["units"][:FIRST]:
        ranks = (str(one["rank_first"]), str(one["rank_second"]), f"{one['move']:+d}")
        table.add_row(one["id"], one["name"], *ranks)
    out.print(table)
    out.print(
        f"The two versions: Spearman {_cell(versions['spearman'], 3)}, mean move {versions['mean_absolute_move']:.1f} "
        f"ranks, largest {versions['largest_move']}."
    )


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
