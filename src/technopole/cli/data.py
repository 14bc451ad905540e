"""`technopole data`: editions and their upstream files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from technopole.cli.options import Csv, EditionFolder, Json

app = typer.Typer(no_args_is_help=True, help="Editions, their upstream files and licences.", rich_markup_mode=None)


@app.command()
def status(
    unresolved: Annotated[bool, typer.Option("--unresolved", help="List what could not be placed.")] = False,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Show the edition in use, or what could not be placed in a city."""
    from technopole.cli.output import console, new_table, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.evidence import edition_status, unresolved_table

    opened = open_edition(edition)
    if unresolved:
        table = unresolved_table(opened)
        if json:
            write_json(table.to_dicts())
        elif csv:
            write_csv(table)
        else:
            shown = new_table("source", "variable", "reason", "as written", "records", numeric=("records",))
            for row in table.head(100).iter_rows(named=True):
                shown.add_row(row["source"], row["variable"], row["reason"], row["label"] or "", str(row["records"]))
            console().print(shown)
            console().print(f"{table.height} kinds of unplaced rows; the 100 largest are shown (--csv: all).")
        return
    state = edition_status(opened)
    if json:
        write_json(state)
    elif csv:
        import polars as pl

        write_csv(pl.DataFrame([{key: str(value) for key, value in state.items()}]))
    else:
        for key, value in state.items():
            console().print(f"{key:<20} {value}")


@app.command()
def sources(json: Json = False, csv: Csv = False, edition: EditionFolder = None) -> None:
    """List the sources: licence, vintage, and the share of their rows that was placed in a city."""
    from technopole.cli.output import console, new_table, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.evidence import source_list

    listed = source_list(open_edition(edition))
    if json:
        write_json(listed)
    elif csv:
        import polars as pl

        write_csv(pl.DataFrame([{**one, "variables": ";".join(one["variables"])} for one in listed]))
    else:
        table = new_table("id", "title", "licence class", "vintage", "records", "left out", "resolved",
                          numeric=("records", "left out", "resolved"))  # fmt: skip
        for one in listed:
            shares = ["" if one[key] is None else f"{one[key]:.1%}" for key in ("left_out_share", "resolved_share")]
            table.add_row(one["id"], one["title"], one["licence_class"], one["vintage"], str(one["records"]), *shares)
        console().print(table)


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
    framework: Annotated[Path | None, typer.Option(help="Another framework (YAML).")] = None,
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
