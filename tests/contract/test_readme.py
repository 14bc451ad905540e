"""The README shows what the commands print. Run this file as a program to renew its tables."""

import contextlib
import re
import sys
from pathlib import Path

import polars as pl
import pytest

from technopole.cli.main import main
from technopole.editions.read import open_edition
from technopole.publish.ranking import rank

README = Path(__file__).parents[2] / "README.md"
ARTICLE = [1850147, 1880252, 1668341, 1796236, 1835848, 5128581, 5391959, 2643743, 658225, 6167865]


def article_table() -> str:
    edition = open_edition()
    tables = {lens: rank(edition, lens=lens).table for lens in ("scale", "intensity")}
    lines = ["| city | rank (5–95 %) | tier | per inhabitant (5–95 %) | evidence |", "|---|---|---|---|---|"]
    for city in ARTICLE:
        rows = [table.filter(pl.col("city") == city) for table in tables.values()]
        if rows[0].is_empty():
            name = edition.frame().filter(pl.col("city") == city)["name"][0]
            lines.append(f"| {name} | not ranked | | | |")
            continue
        scale, intensity = (row.row(0, named=True) for row in rows)
        spans = [f"{row['rank']} ({row['rank_low']:.0f}–{row['rank_high']:.0f})" for row in (scale, intensity)]
        lines.append(f"| {scale['name']} | {spans[0]} | {scale['tier']} | {spans[1]} | {scale['coverage']:.0%} |")
    return "\n".join(lines)


def part(text: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert found is not None
    return found.group(1).strip("\n")


def test_the_table_is_what_the_first_command_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["technopole", "rank", "--top", "25"])
    with contextlib.suppress(SystemExit):
        main()
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    shown = part(README.read_text(encoding="utf-8"), "rank").splitlines()
    assert [line.rstrip() for line in shown if line.strip("` ")] == [line for line in printed if line]


def test_the_ten_cities_are_as_the_edition_has_them() -> None:
    assert part(README.read_text(encoding="utf-8"), "article") == article_table()


if __name__ == "__main__":
    import io

    sys.argv = ["technopole", "rank", "--top", "25"]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        main()
    body = "\n".join(line.rstrip() for line in out.getvalue().splitlines() if line.strip())
    page = README.read_text(encoding="utf-8")
    for name, new in (("rank", f"```\n{body}\n```"), ("article", article_table())):
        page = re.sub(
            rf"<!-- {name} -->\n.*?<!-- end -->", f"<!-- {name} -->\n{new}\n<!-- end -->", page, flags=re.DOTALL
        )
    README.write_text(page, encoding="utf-8")
