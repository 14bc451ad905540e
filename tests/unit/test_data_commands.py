"""The tables of `technopole data` as CSV and JSON: the same rows, and nothing that a table can't hold."""

import io
import json

import polars as pl
import pytest


@pytest.mark.parametrize(
    "words", [("sources",), ("licences",), ("status",), ("status", "--by-reason"), ("status", "--unresolved")], ids=str
)
def test_csv_and_json_say_the_same(run, words):
    status, out, err = run("data", *words, "--json")
    assert (status, err) == (0, "")
    rows = json.loads(out)
    rows = rows if isinstance(rows, list) else [rows]
    status, out, err = run("data", *words, "--csv")
    assert (status, err) == (0, "")
    table = pl.read_csv(io.StringIO(out), infer_schema=False)
    assert table.height == len(rows)
    assert table.columns == list(rows[0])
    assert table[table.columns[0]].to_list() == [str(row[table.columns[0]]) for row in rows]
