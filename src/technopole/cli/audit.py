"""`technopole audit`: what the scores rest on, and what missing values could do to them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from technopole.cli import audit_own
from technopole.cli.options import BoundaryName, Csv, EditionFolder, Json, LensName


class _OwnOrEdition(TyperGroup):
    """Hand `audit DATA --framework FILE` to its own command; all else is about the edition."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name first where a framework or a table is named; a word without a dot is a command."""
        of_own = any(word.split("=")[0] in {"--framework", "--imeta"} for word in args)
        if args and args[0] not in self.commands and (of_own or ("." in args[0] and not args[0].startswith("-"))):
            args = [audit_own.NAME, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_OwnOrEdition,
    help="What each score rests on: observed, lower bounds, inherited, imputed; and other checks. "
    "DATA --framework FILE: of an index of your own.",
)
app.command(name=audit_own.NAME, help="DATA --framework FILE: audit an index of your own.")(audit_own.own)
SHOWN = 50


@app.callback(invoke_without_command=True)
def audit(
    context: typer.Context,
    lens: LensName = "scale",
    boundary: BoundaryName = "agglomeration",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Show for each ranked city the share of its score's weight that is observed, bounded, inherited and imputed."""
    if context.invoked_subcommand is not None:
        return
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.audit import audit_table, evidence_audit
    from technopole.publish.ranking import known_boundary, known_lens

    shape = evidence_audit(open_edition(edition), known_lens(lens), known_boundary(boundary))
    if json:
        write_json(shape)
    elif csv:
        write_csv(audit_table(shape))
    else:
        _show(shape)


@app.command()
def policies(
    lens: LensName = "scale",
    model: Annotated[
        bool, typer.Option("--model", help="Also by multiple imputation from regressions (technopole[analysis]).")
    ] = False,
    json: Json = False,
    edition: EditionFolder = None,
) -> None:
    """Show what other treatments of missing values do to the ranks, and whether thin evidence widens the ranges."""
    from technopole.cli.output import write_json
    from technopole.editions.read import open_edition
    from technopole.publish.audit import policy_audit
    from technopole.publish.ranking import known_lens

    shape = policy_audit(open_edition(edition), known_lens(lens), model=model)
    if json:
        write_json(shape)
    else:
        _show_policies(shape)


def _show(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    names = ("observed", "lower_bound", "inherited", "imputed")
    table = new_table("rank", "city", "country", *names, numeric=("rank", *names))
    for one in shape["cities"][:SHOWN]:
        table.add_row(str(one["rank"]), one["name"], one["country"], *(f"{one[name]:.0%}" for name in names))
    out.print(f"What the scores rest on: edition {shape['edition']}, share of the weight of the indicators")
    out.print(table)
    mean = ", ".join(f"{name.replace('_', ' ')} {share:.0%}" for name, share in shape["mean"].items())
    out.print(f"Mean of the {len(shape['cities'])} ranked cities: {mean}.")
    if len(shape["cities"]) > SHOWN:
        out.print(f"The first {SHOWN} are shown; all, and each side and pillar: --json or --csv.")


def _show_policies(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    bands = [one["coverage"] for one in shape["policies"][0]["bands"]]
    table = new_table("policy", "correlation", "mean move", "largest", *bands,
                      numeric=("correlation", "mean move", "largest", *bands))  # fmt: skip
    for one in shape["policies"]:
        by_band = [f"{band['mean_move']:+.1f}" for band in one["bands"]]
        table.add_row(one["policy"], f"{one['correlation']:.4f}", f"{one['mean_absolute_move']:.1f}",
                      str(one["largest_move"]), *by_band)  # fmt: skip
    out.print(f"Missing values: edition {shape['edition']}, {shape['lens']} lens, {shape['cities']} cities")
    out.print(table)
    out.print(f"Against the edition's own ({shape['default']}). By coverage: mean move, negative is up.")
    for one in shape["policies"]:
        if one["largest"]:
            named = ", ".join(f"{row['name']} {row['from']} to {row['to']}" for row in one["largest"][:5])
            out.print(f"  {one['policy']}: {one['summary']}. Largest moves: {named}.")
    for key, what in (("width", "coverage"), ("width_confidence", "observed share of the weight")):
        found = "not defined" if shape[key]["mean"] is None else f"{shape[key]['mean']:+.2f}"
        out.print(f"Rank correlation of {what} and width of range, within fifths of rank: {found} (mean).")
