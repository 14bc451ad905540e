"""Records to observations, corrections, and the checks that stop a broken source."""

from pathlib import Path

import polars as pl
import pytest

from technopole.core.errors import FrameworkError, SourceCheckError
from technopole.observations.aggregate import observations
from technopole.observations.checks import check_records
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import place
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Correction, Meta, read_meta, read_yaml

META = Meta.model_validate(
    {
        "id": "shops",
        "title": "Shops",
        "producer": "nobody",
        "url": "https://example.org",
        "licence": "CC0",
        "licence_class": "open",
        "citation": "Shops, 2026",
        "vintage": "2026",
        "what": "shops",
        "limits": ["none"],
        "files": ["shops/*.csv"],
        "variables": [
            {
                "id": name,
                "title": name,
                "unit": "shops",
                "aggregate": aggregate,
                "granularity": "point",
                "period": "2026",
                "absence": {"default": "zero", "why": "a full register"},
                "expected": {
                    "total": [2, 50],
                    "records": [3, 6],
                    "places": [1, 3],
                    "value": [0, 20],
                    "resolved_share": 0.5,
                },
            }
            for name, aggregate in {"shops": "sum", "chains": "distinct", "largest": "max"}.items()
        ],
    }
)


def records(**columns: list[object]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    full = {
        "variable": ["shops"] * height,
        "level": ["city"] * height,
        "place": ["1"] * height,
        "ring": [0] * height,
        "amount": [1.0] * height,
        "key": [None] * height,
        "file": ["shops/a.csv"] * height,
        "row": [str(n) for n in range(height)],
        "label": ["A"] * height,
        "reason": [None] * height,
        **columns,
    }
    return pl.DataFrame(full, schema=RECORD_SCHEMA)


def value(table: pl.DataFrame, **keys: str) -> float | None:
    found = table.filter([pl.col(column) == key for column, key in keys.items()])["value"]
    return found[0] if len(found) else None


def test_boundaries_are_nested_sums() -> None:
    table = observations(records(ring=[0, 1, 2, 2], amount=[1.0, 2.0, 4.0, 8.0]), META.variables, "shops")
    assert [value(table, variable="shops", boundary=b) for b in ("core", "agglomeration", "region")] == [1, 3, 15]
    assert table["records"].to_list() == [2, 1, 4]  # sorted by boundary: agglomeration, core, region


def test_distinct_counts_keys_and_max_takes_the_largest() -> None:
    rows = pl.concat(
        [
            records(variable=["chains"] * 3, key=["x", "y", "x"]),
            records(variable=["largest"] * 3, amount=[3.0, 9.0, 1.0]),
        ]
    )
    table = observations(rows, META.variables, "shops")
    assert value(table, variable="chains", boundary="core") == 2
    assert value(table, variable="largest", boundary="core") == 9


def test_a_sum_does_not_depend_on_the_order_of_rows() -> None:
    rows = records(amount=[0.1, 0.2, 0.3, 1e9, -1e9, 0.7])
    one, other = (observations(r, META.variables, "shops") for r in (rows, rows.reverse()))
    assert one.equals(other)


def test_unplaced_records_add_to_nothing() -> None:
    rows = records(place=["1", None, None], ring=[0, None, None], reason=[None, "unknown name", "empty"])
    assert value(observations(rows, META.variables, "shops"), variable="shops", boundary="region") == 1


class Everywhere:
    """A resolver that knows one town."""

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        known = queries["name"] == "Town"
        return pl.DataFrame(
            {
                "city": [7 if hit else None for hit in known],
                "ring": [1 if hit else None for hit in known],
                "method": ["name"] * queries.height,
                "reason": [None if hit else "unknown name" for hit in known],
            },
            schema={"city": pl.Int64, "ring": pl.Int8, "method": pl.String, "reason": pl.String},
        )


def test_place_keeps_order_and_reasons() -> None:
    rows = pl.DataFrame(
        {
            "variable": "shops",
            "amount": [1.0, 2.0, 3.0, 4.0],
            "file": "f",
            "row": ["1", "2", "3", "4"],
            "name": ["Town", None, "Elsewhere", "Town"],
            "country": ["FI", "FI", "FI", "FI"],
            "reason": [None, None, None, "left out by rule"],
        }
    )
    placed = place(rows, Everywhere())
    assert placed["place"].to_list() == ["7", None, None, None]
    assert placed["reason"].to_list() == [None, "unknown name", "unknown name", "left out by rule"]
    assert placed["label"].to_list() == ["Town | FI", "FI", "Elsewhere | FI", "Town | FI"]
    assert placed["row"].to_list() == ["1", "2", "3", "4"]


GOOD = pl.concat([records(variable=[name] * 3, key=["a", "b", "c"]) for name in ("shops", "chains", "largest")])


def test_good_records_pass() -> None:
    check_records(GOOD, META)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (GOOD.with_columns(pl.col("amount") * 1000), "total"),
        (GOOD.filter(pl.col("row") != "0"), "number of records"),
        (pl.concat([GOOD, GOOD, GOOD]), "number of records"),
        (GOOD.with_columns(amount=pl.lit(-1.0)), "total"),
        (GOOD.with_columns(amount=pl.lit(float("nan"))), "aren't numbers"),
        (GOOD.with_columns(variable=pl.lit("cars")), "isn't declared"),
        (GOOD.with_columns(reason=pl.lit("why")), "either a place or a reason"),
        (GOOD.with_columns(ring=pl.lit(3, pl.Int8)), "ring"),
        (GOOD.drop("label"), "RECORD_SCHEMA"),
        (
            GOOD.with_columns(
                place=pl.when(pl.col("row") == "0").then("place"),
                reason=pl.when(pl.col("row") != "0").then(pl.lit("unknown name")),
            ),
            "is resolved",
        ),
    ],
)
def test_broken_records_stop_the_build_and_name_the_source(broken: pl.DataFrame, says: str) -> None:
    with pytest.raises(SourceCheckError, match=says) as caught:
        check_records(broken, META)
    assert "shops" in str(caught.value)


TABLE = pl.DataFrame({"_row": ["2", "3"], "city": ["A", "B"], "country": ["EGYM", "FI"]})
MEND = Correction(file="x/*.csv", match={"city": "A"}, column="country", expect="EGYM", value="DE", why="a slip")


def test_a_correction_mends_its_rows_only() -> None:
    assert apply_corrections(TABLE, "x/a.csv", [MEND])["country"].to_list() == ["DE", "FI"]
    assert apply_corrections(TABLE, "y/a.csv", [MEND]).equals(TABLE)


def test_a_correction_may_drop_rows() -> None:
    drop = Correction(file="x/*.csv", match={"city": "A"}, drop=True, why="a footer")
    assert apply_corrections(TABLE, "x/a.csv", [drop])["city"].to_list() == ["B"]


@pytest.mark.parametrize("stale", [{"match": {"city": "C"}}, {"expect": "SE"}])
def test_a_stale_correction_fails(stale: dict[str, object]) -> None:
    with pytest.raises(SourceCheckError, match="remove or renew"):
        apply_corrections(TABLE, "x/a.csv", [MEND.model_copy(update=stale)])


def test_unknown_keys_in_meta_are_named(tmp_path: Path) -> None:
    path = tmp_path / "meta.yaml"
    path.write_text("id: a\nlicense: MIT\n")
    with pytest.raises(FrameworkError, match=r"meta\.yaml: "):
        read_meta(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a: &x [1]\nb: *x\n", "aliases"),
        (b"a: [1\n", "valid YAML"),
        (b"\xff\xfe", "valid YAML"),
        (b"!!python/object/apply:os.system ['true']", "valid YAML"),
        (b"a: " + b"[" * 50_000, "nests deeper"),
        (b"#" * 500_000, "larger than"),
    ],
)
def test_hostile_yaml_is_one_clear_error(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text)
    with pytest.raises(FrameworkError, match=says):
        read_yaml(path)
