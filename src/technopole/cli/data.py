"""`technopole data`: editions and their upstream files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, FrameworkFile, Json

if TYPE_CHECKING:
    from technopole.core.types import Boundary
    from technopole.editions.read import Edition
    from technopole.publish.observing import Observed

app = typer.Typer(no_args_is_help=True, help="Editions, their upstream files and licences.", rich_markup_mode=None)


@app.command()
def status(
    unresolved: Annotated[bool, typer.Option("--unresolved", help="List what could not be placed.")] = False,
    by_reason: Annotated[
        bool, typer.Option("--by-reason", help="Count each source's rows by reason, placed or not.")
    ] = False,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Show the edition in use, or what could not be placed in a city."""
    from technopole.cli.output import console, write_csv, write_json
    from technopole.editions.own_provenance import own_summary
    from technopole.editions.read import open_edition
    from technopole.publish.evidence import edition_status

    opened = open_edition(edition)
    if by_reason or unresolved:
        _show_rows(opened, by_reason=by_reason, json=json, csv=csv)
        return
    state = {**edition_status(opened), "own": own_summary(opened)}
    if json:
        write_json(state)
    elif csv:
        import polars as pl

        write_csv(pl.DataFrame([{key: str(value) for key, value in state.items()}]))
    else:
        for key, value in state.items():
            if value is not None:
                console().print(f"{key:<20} {value}", markup=False)


def _show_rows(opened: Edition, *, by_reason: bool, json: bool, csv: bool) -> None:
    """Show what could not be placed: row by row, or counted by reason."""
    from technopole.cli.output import console, new_table, write_csv, write_json
    from technopole.publish.evidence import reason_counts, unresolved_table

    table = reason_counts(opened) if by_reason else unresolved_table(opened)
    if json:
        write_json(table.to_dicts())
    elif csv:
        write_csv(table)
    elif by_reason:
        shown = new_table("source", "reason", "kind", "records", "share", numeric=("records", "share"))
        for row in table.iter_rows(named=True):
            number, share = f"{row['records']:,}", f"{100 * row['share']:.1f} %"
            shown.add_row(row["source"], row["reason"], row["kind"], number, share)
        console().print(shown)
    else:
        shown = new_table("source", "variable", "reason", "as written", "records", numeric=("records",))
        for row in table.head(100).iter_rows(named=True):
            shown.add_row(row["source"], row["variable"], row["reason"], row["label"] or "", str(row["records"]))
        console().print(shown)
        console().print(f"{table.height} kinds of unplaced rows; the 100 largest are shown (--csv: all).")


@app.command()
def sources(json: Json = False, csv: Csv = False, edition: EditionFolder = None) -> None:
    """List the sources (licence, vintage, share of rows placed in a city) and the adapters (why they stay out)."""
    from technopole.cli.output import console, new_table, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.evidence import source_list

    listed = source_list(open_edition(edition))
    if json:
        write_json(listed)
    elif csv:
        import polars as pl

        texts = [{**one, "variables": ";".join(one["variables"]), "limits": " ".join(one["limits"])} for one in listed]
        write_csv(pl.DataFrame(texts, infer_schema_length=None))
    else:
        table = new_table("id", "title", "licence class", "vintage", "role", "records", "left out", "resolved",
                          numeric=("records", "left out", "resolved"))  # fmt: skip
        for one in (one for one in listed if one["shipped"]):
            shares = ["" if one[key] is None else f"{one[key]:.1%}" for key in ("left_out_share", "resolved_share")]
            table.add_row(
                one["id"], one["title"], one["licence_class"], one["vintage"], one["role"], str(one["records"]), *shares
            )
        console().print(table)
        adapters = new_table("adapter", "title", "vintage", "why it isn't shipped")
        for one in (one for one in listed if not one["shipped"]):
            adapters.add_row(one["id"], one["title"], one["vintage"], one["because"])
        console().print(adapters)
        console().print("Adapters read a file that you bring: technopole data observe ADAPTER FILE.")


@app.command()
def licences(json: Json = False, csv: Csv = False, edition: EditionFolder = None) -> None:
    """List licence and citation of each source in the edition."""
    from technopole.cli.output import console, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.evidence import licence_list

    listed = licence_list(open_edition(edition))
    if json:
        write_json(listed)
    elif csv:
        import polars as pl

        write_csv(pl.DataFrame(listed))
    else:
        for one in listed:
            console().print(
                f"{one['id']} [{one['licence_class']}] {one['licence']}\n    {one['citation']}", markup=False
            )


@app.command()
def build(
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the new edition.")] = None,
    mirror: Annotated[Path | None, typer.Option(help="Folder of upstream files.", envvar="TECHNOPOLE_MIRROR")] = None,
    framework: FrameworkFile = None,
    json: Json = False,
) -> None:
    """Build an edition from upstream files. The old edition stays whole until the new one is complete."""
    from technopole.cli.output import say, write_json
    from technopole.editions.build import EDITION_ID, build_edition
    from technopole.editions.shipped import default_framework, repository, shipped_folder
    from technopole.snapshots.upstream import mirror_folder

    target = out or shipped_folder("editions") / EDITION_ID
    manifest = build_edition(
        mirror or mirror_folder(repository()), target, framework or default_framework(), progress=say
    )
    if json:
        write_json({"folder": str(target), "id": manifest["id"], "content_digest": manifest["content_digest"]})
    else:
        typer.echo(f"edition {manifest['id']} is in {target} (content digest {manifest['content_digest'][:16]}…)")


@app.command()
def verify(
    folder: Annotated[Path | None, typer.Argument(help="Folder of an edition.")] = None,
    json: Json = False,
) -> None:
    """Check every file of an edition against its checksum, and the content digest."""
    from technopole.cli.output import write_json
    from technopole.editions.read import open_edition, verify_edition

    opened = open_edition(folder)
    checked = verify_edition(opened)
    if json:
        write_json({"edition": opened.id, "files": checked, "content_digest": opened.manifest["content_digest"]})
    else:
        typer.echo(f"edition {opened.id}: {len(checked)} files match their checksums and the content digest.")


@app.command()
def observe(
    source: Annotated[str, typer.Argument(help="Id of an adapter, or of any other source.")],
    files: Annotated[list[Path], typer.Argument(help="Your copy of its upstream file or files.")],
    boundary: BoundaryName = "agglomeration",
    unresolved: Annotated[bool, typer.Option("--unresolved", help="List what could not be placed.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write a Parquet file, under all three boundaries.")
    ] = None,
    mirror: Annotated[Path | None, typer.Option(help="Folder of upstream files.", envvar="TECHNOPOLE_MIRROR")] = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Read a file that you bring with a source's adapter: observations by city, and what could not be placed."""
    from technopole.cli.output import say, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.editions.shipped import repository
    from technopole.publish import observing
    from technopole.publish.ranking import known_boundary
    from technopole.snapshots.upstream import mirror_folder

    line = known_boundary(boundary)
    observed = observing.observe(source, files, mirror or mirror_folder(repository()), open_edition(edition))
    if observed.check:
        say(f"the checks of {source} are made for another file: {observed.check}")
    if output:
        observing.write_observations(observed, output)
        say(f"{observed.observations.height} observations under three boundaries are in {output}")
    if json:
        write_json(observed.to_json(line))
    elif csv:
        write_csv(observed.unresolved if unresolved else observing.flat(observed.at(line)))
    elif not output:
        _show_observed(observed, line, unresolved=unresolved)


def _show_observed(observed: Observed, boundary: Boundary, *, unresolved: bool) -> None:
    """Print the largest observations of each variable and the reasons of what wasn't placed, or what that was."""
    from technopole.cli.output import console, new_table
    from technopole.publish.observing import reasons

    if unresolved:
        shown = new_table("variable", "reason", "as written", "records", numeric=("records",))
        for row in observed.unresolved.head(100).iter_rows(named=True):
            shown.add_row(row["variable"], row["reason"], row["label"] or "", str(row["records"]))
        console().print(shown)
        console().print(f"{observed.unresolved.height} kinds of unplaced rows; 100 are shown (--csv: all).")
        return
    table = observed.at(boundary)
    for variable in observed.meta.variables:
        mine = table.filter(table["variable"] == variable.id)
        title = f"{variable.title} ({variable.unit}, {variable.period}): {mine.height} places"
        shown = new_table("place", "country", "value", "records", numeric=("value", "records"), title=title)
        for row in mine.head(15).iter_rows(named=True):
            shown.add_row(
                row["city"] or row["place"], row["country"] or "", f"{row['value']:,.6g}", str(row["records"])
            )
        console().print(shown)
    why = new_table("not placed", "reason", "records", numeric=("records",))
    for row in reasons(observed.unresolved).iter_rows(named=True):
        why.add_row(row["variable"], row["reason"], str(row["records"]))
    console().print(why)
    console().print(f"{observed.meta.citation}\nLicence: {observed.meta.licence} ({observed.meta.licence_class}).",
                    markup=False)  # fmt: skip
