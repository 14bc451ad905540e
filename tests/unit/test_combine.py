"""Editions of the user's own: the shipped one with rows, cities, indicators and a framework added."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml
from polars.testing import assert_frame_equal

from technopole.core.errors import EditionError, InputError, LicenceError, TechnopoleError
from technopole.core.types import RINGS
from technopole.editions.combine import Additions, combine
from technopole.editions.format import TABLES
from technopole.editions.licences import check_exportable, withheld_sources
from technopole.editions.own_declarations import OwnDeclarations, OwnSource
from technopole.editions.own_rows import read_rows
from technopole.editions.own_sources import metas_of
from technopole.editions.read import open_edition, verify_edition
from technopole.editions.shipped import latest_edition
from technopole.editions.trace import trace
from technopole.publish.diff import PARTS, diff
from technopole.publish.explore import site_files, write_page
from technopole.publish.finding import find_city
from technopole.publish.ranking import rank

HELSINKI = "658225"
pytestmark = pytest.mark.xdist_group("combine")  # one edition of our own
DECLARATIONS = """
sources:
  - id: city_survey
    title: Survey of our own
    licence: CC0
    licence_class: open
    citation: Our survey of 2026.
    vintage: "2026"
    variables:
      - {id: makerspaces, title: Makerspaces, unit: places, period: "2026"}
indicators:
  - id: makerspaces
    title: Makerspaces
    question: How many makerspaces are open to all?
    unit: places
    kind: count
    direction: 1
    variable: makerspaces
"""
ROWS = """variable,place,city,country,boundary,value,unit,period
makerspaces,helsinki,,,core,4,places,2026
makerspaces,helsinki,,,agglomeration,7,places,2026
makerspaces,helsinki,,,region,9,places,2026
makerspaces,,Tokyo,JP,,31,places,2026
makerspaces,2988507,,,,0,places,2026
makerspaces,nuuksio,,,,2,places,2026
"""
CITIES = """name,country,latitude,longitude,population_thousands
Nuuksio,FI,60.30,24.50,5
Longyearbyen,Norway,78.22,15.65,2.4
"""


@pytest.fixture(scope="module")
def base():
    return open_edition(latest_edition())


@pytest.fixture(scope="module")
def quick(base, tmp_path_factory):
    """The base's framework with few replicates of the declared method: nominal scores and ranks are the same."""
    data = base.framework().model_dump(mode="json")
    method = data["method"]
    data["uncertainty"] |= {
        "replicates": 20,
        "shrink_millions": [method["shrink_millions"]],
        **{name: [method[name]] for name in ("normalisation", "aggregation", "cap_quantile")},
    }
    path = tmp_path_factory.mktemp("quick") / "framework.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def with_makerspaces(quick, tmp_path_factory):
    """The same with an indicator of the user's own."""
    data = yaml.safe_load(quick.read_text())
    data["id"] = "our-cities"
    ventures = next(one for one in data["tree"][0]["children"] if one["id"] == "ventures")
    ventures["children"].append({"indicator": "makerspaces", "weight": 1.0})
    path = tmp_path_factory.mktemp("own") / "framework.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.fixture(scope="module")
def own(base, with_makerspaces, tmp_path_factory):
    folder = tmp_path_factory.mktemp("combined")
    added = Additions(
        observations=(written(folder, "rows.csv", ROWS),),
        cities=written(folder, "cities.csv", CITIES),
        declarations=written(folder, "declare.yaml", DECLARATIONS),
        framework=with_makerspaces,
    )
    combine(base, "ours", folder / "ours", added)
    return open_edition(folder / "ours")


def test_a_combination_with_nothing_new_says_what_the_base_says(base, quick, tmp_path):
    combine(base, "same", tmp_path / "same", Additions(framework=quick))
    same = open_edition(tmp_path / "same")
    for name in TABLES:
        if name not in ("results", "scores"):
            assert same.table(name).equals(base.table(name)), name
    keys = ["lens", "boundary", "side", "city", "rank", "score", "coverage"]
    assert_frame_equal(same.table("results").select(keys), base.table("results").select(keys), rel_tol=1e-10)
    assert same.frame().equals(base.frame())


def test_the_edition_is_whole_and_says_what_was_added(base, own):
    assert "edition.json" not in verify_edition(own)
    part = own.manifest["own"]
    assert part["base"] == {"id": base.id, "content_digest": base.manifest["content_digest"]}
    assert (part["rows"], len(part["cities"]), part["for_yourself_only"]) == (3 + 3 * 3, 2, [])
    assert [one["path"] for one in part["files"]] == ["rows.csv"]
    (remark,) = part["remarks"]
    assert "Nuuksio lies within the region of helsinki" in remark
    assert base.manifest == json.loads((base.folder / "edition.json").read_text())


def test_rows_are_observations_under_the_boundaries_that_they_name(own):
    rows = own.table("observations").filter(variable="makerspaces")
    found = {(row["place"], row["boundary"]): row["value"] for row in rows.iter_rows(named=True)}
    assert [found[HELSINKI, one.value] for one in RINGS] == [4, 7, 9]
    assert [found["1850147", one.value] for one in RINGS] == [31, 31, 31]
    assert set(rows["source"]) == {"city_survey"}


def test_own_values_are_in_the_indicators_and_everything_else_is_missing_not_zero(own):
    values = own.table("indicators").filter(indicator="makerspaces", boundary="agglomeration")
    status = dict(values.select("city", "status").iter_rows())
    assert status[int(HELSINKI)] == status[2988507] == "observed"
    assert set(values.filter(~pl.col("status").is_in(["observed"]))["value"].unique()) == {None}
    nuuksio = find_city(own, "Nuuksio")
    here = own.table("indicators").filter(city=nuuksio["city"], boundary="agglomeration")
    known = {row["indicator"]: row["status"] for row in here.iter_rows(named=True) if row["value"] is not None}
    assert known.pop("makerspaces") == "observed"
    assert known
    assert set(known.values()) == {"inherited"}
    assert "zero" not in set(here["status"])
    north = own.table("indicators").filter(city=find_city(own, "Longyearbyen")["city"])
    assert set(north.filter(pl.col("value").is_not_null())["status"]) == {"inherited"}


def test_own_cities_are_found_by_name_and_by_point(own):
    from technopole.cities.resolve import Resolver

    assert find_city(own, "nuuksio")["kind"] == "own"
    assert find_city(own, "Longyearbyen")["radius_km"] == pytest.approx(11 + 11 * math.sqrt(0.0024))
    asked = pl.DataFrame({"name": ["Nuuksio", None], "country": ["FI", "NO"], "lat": [None, 78.2], "lon": [None, 15.6]})
    found = Resolver(own.cities()).resolve(asked)
    assert found["city"].to_list() == [find_city(own, "nuuksio")["city"], find_city(own, "longyearbyen")["city"]]


def test_the_trace_leads_to_the_users_file_and_row(own):
    chain = trace(own, find_city(own, "helsinki"), own.catalogue().get("makerspaces"))
    assert (chain["value"], chain["source"]["id"]) == (7.0, "city_survey")
    (file,) = chain["files"]
    assert file["path"] == "own/city_survey/rows.csv"
    assert file["sha256"] == own.manifest["own"]["files"][0]["sha256"]
    assert set(file["rows"]) <= {"2", "3", "4"}
    assert chain["contribution"] is not None


def test_diff_explains_own_rows_exactly(base, own):
    found = diff(base, own)
    for row in found.table.iter_rows(named=True):
        assert math.fsum(row[part] for part in PARTS) == pytest.approx(row["change"], abs=1e-9)
    assert set(found.observations["variable"]) == {"makerspaces"}
    back = diff(own, base)
    assert back.table.height == found.table.height


def test_what_reads_editions_reads_it(own, tmp_path, run):
    assert rank(own).framework == "our-cities"
    assert write_page(own, tmp_path / "page.html") > 1e6
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "makerspaces" in page[page.index('id="data-meta.json"') : page.index('id="data-names.txt"')]
    for words in (
        ("rank", "--top", "3"), ("city", "helsinki"), ("city", "nuuksio"), ("why", "helsinki", "tokyo"),
        ("trace", "tokyo", "makerspaces"), ("whatif", "helsinki", "makerspaces=40"), ("data", "sources"),
        ("data", "licences"), ("data", "status"), ("themes",),
        ("audit",), ("plot", "tree", "--out", tmp_path / "t.svg"),
        ("report", "helsinki", "--format", "html", "--out", tmp_path), ("data", "verify", own.folder),
    ):  # fmt: skip
        options = () if words[:2] == ("data", "verify") else ("--edition", own.folder)
        status, _, err = run(*words, *options)
        assert status == 0, (words, err)


def test_the_api_answers_from_it(own):
    pytest.importorskip("fastapi", reason="fastapi (extra serve) isn't installed: no API to ask")
    httpx = pytest.importorskip("httpx", reason="httpx isn't installed: nothing to ask with")
    import asyncio

    from technopole.publish.api import make_app

    async def asked() -> list[dict]:
        transport = httpx.ASGITransport(app=make_app(own))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            paths = ("rank?top=2", "city/nuuksio", "trace?city=tokyo&indicator=makerspaces", "sources", "licences")
            return [(await client.get(f"/v1/{path}")).raise_for_status().json() for path in paths]

    ranked, city, traced, sources, licences = asyncio.run(asked())
    assert ranked["framework"] == "our-cities"
    assert "makerspaces" in {one["id"] for one in city["indicators"]}
    assert traced["value"] == 31
    for listed in (sources, licences):
        assert "city_survey" in json.dumps(listed)


def test_amend_and_replace(base, quick, tmp_path):
    rows = written(tmp_path, "rows.csv", "variable,place,value,source\nunicorns,helsinki,50,our_list\n")
    with pytest.raises(TechnopoleError, match="--amend"):
        combine(base, "ours", tmp_path / "ours", Additions(observations=(rows,), framework=quick))
    assert not (tmp_path / "ours").exists()
    combine(base, "ours", tmp_path / "ours", Additions(observations=(rows,), framework=quick, amend=True))
    amended = open_edition(tmp_path / "ours")
    mine = amended.table("observations").filter(variable="unicorns")
    before = base.table("observations").filter(variable="unicorns")
    assert mine.height == before.height
    assert set(mine.filter(place=HELSINKI)["value"]) == {50.0}
    assert mine.filter(pl.col("place") != HELSINKI).equals(before.filter(pl.col("place") != HELSINKI))
    chain = trace(amended, find_city(amended, "helsinki"), amended.catalogue().get("unicorns"))
    assert (chain["source"]["id"], [one["path"] for one in chain["files"]]) == ("our_list", ["own/our_list/rows.csv"])
    assert withheld_sources(amended) == ["our_list"]
    added = Additions(observations=(rows,), framework=quick, replaced=("unicorns",))
    combine(base, "alone", tmp_path / "alone", added)
    alone = open_edition(tmp_path / "alone")
    assert set(alone.table("observations").filter(variable="unicorns")["place"]) == {HELSINKI}
    assert set(alone.table("evidence").filter(variable="unicorns")["place"]) == {HELSINKI}
    assert alone.table("unresolved").filter(variable="unicorns").is_empty()


def test_rows_without_a_licence_are_for_the_user_alone(base, quick, tmp_path, run):
    rows = written(tmp_path, "rows.csv", "variable,place,value,unit,period\nmy_thing,helsinki,3.5,things,2026\n")
    status, out, err = run(
        "data", "combine", "mine", "--observations", rows, "--framework", quick, "--out", tmp_path / "mine"
    )
    assert status == 0, err
    assert "for yourself only, by the licence of own" in out
    mine = open_edition(tmp_path / "mine")
    assert mine.sources["own"]["licence_class"] == "unclear"
    with pytest.raises(LicenceError, match="own \\(unclear\\)"):
        check_exportable(mine)
    for words in (("--html", tmp_path / "x.html"), ("--site", tmp_path / "x"), ("--excel", tmp_path / "x.xlsx")):
        status, out, err = run("export", *words, "--edition", tmp_path / "mine")
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert "for yourself only" in err
    assert run("rank", "--edition", tmp_path / "mine", "--top", "1")[0] == 0
    status, out, err = run("serve", "--host", "0.0.0.0", "--port", "0", "--edition", tmp_path / "mine")
    assert (status, out) == (1, "")
    assert "for yourself only" in err
    status, out, _ = run("data", "status", "--json", "--edition", tmp_path / "mine")
    assert json.loads(out)["own"] == {
        "base": base.id, "rows": 3, "sources": ["own"], "for_yourself_only": ["own"], "cities": 0
    }  # fmt: skip
    assert site_files(mine)
    with pytest.raises(LicenceError):
        write_page(mine, tmp_path / "x.html")


def test_an_own_edition_can_be_combined_again(own, with_makerspaces, tmp_path):
    rows = written(tmp_path, "more.csv", "variable,place,value\nmakerspaces,longyearbyen,1\n")
    combine(own, "more", tmp_path / "more", Additions(observations=(rows,), framework=with_makerspaces))
    more = open_edition(tmp_path / "more")
    assert verify_edition(more)
    assert (more.manifest["own"]["rows"], len(more.manifest["own"]["files"])) == (15, 2)
    assert more.catalogue().get("makerspaces").unit == "places"
    north = find_city(more, "longyearbyen")["city"]
    here = more.table("indicators").filter(city=north, indicator="makerspaces")
    assert set(here["value"]) == {1.0}
    assert "zero" not in set(more.table("indicators").filter(city=north)["status"])


def test_the_same_files_give_the_same_bytes(base, quick, tmp_path):
    rows = written(tmp_path, "rows.csv", "variable,place,value,unit,period\nmy_thing,helsinki,3.5,things,2026\n")
    for name in ("a", "b"):
        combine(base, "same", tmp_path / name, Additions(observations=(rows,), framework=quick))
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


@pytest.mark.filterwarnings("ignore:fetch_.*is deprecated:DeprecationWarning")
def test_counts_of_attribute_become_a_variable(base, quick, tmp_path, run):
    points = "lat,lon,kind\n60.17,24.94,a\n60.18,24.95,b\n60.25,25.0,a\n35.68,139.76,a\n10,-150,a\n"
    status, out, err = run("attribute", written(tmp_path, "points.csv", points), "--lat", "lat", "--lon", "lon",
                           "--by", "kind", "--csv")  # fmt: skip
    assert status == 0, err
    counts = written(tmp_path, "counts.csv", out)
    declare = written(tmp_path, "d.yaml", DECLARATIONS.split("indicators:", maxsplit=1)[0])
    status, _, err = run("data", "combine", "counted", "--attributed", f"makerspaces={counts}", "--declare", declare,
                         "--framework", quick, "--out", tmp_path / "counted")  # fmt: skip
    assert status == 0, err
    made = open_edition(tmp_path / "counted").table("observations").filter(variable="makerspaces")
    found = {(row["place"], row["boundary"]): (row["value"], row["records"]) for row in made.iter_rows(named=True)}
    assert found[HELSINKI, "agglomeration"] == (3.0, 3)
    assert found["1850147", "region"] == (1.0, 1)


def test_an_adapter_of_unclear_licence_enters_an_own_edition_and_nothing_published(base, quick, mirror, tmp_path, run):
    file, parquet = next((mirror / "oecd_metro").iterdir()), tmp_path / "oecd.parquet"
    status, _, err = run("data", "observe", "oecd_metro", file, "--output", parquet)
    assert status == 0, err
    status, out, err = run("data", "combine", "mine", "--observations", parquet, "--framework", quick,
                           "--out", tmp_path / "mine", "--json")  # fmt: skip
    assert status == 0, err
    assert json.loads(out)["own"]["for_yourself_only"] == ["oecd_metro"]
    mine = open_edition(tmp_path / "mine")
    observed = pl.read_parquet(parquet)
    made = mine.table("observations").filter(source="oecd_metro")
    assert made.height == observed.height > 100
    assert made["value"].sum() == pytest.approx(observed["value"].sum())
    evidence = mine.table("evidence").filter(pl.col("variable").is_in(made["variable"].unique().to_list()))
    assert evidence.height == observed.height
    assert evidence["amount"].null_count() == evidence.height
    status, out, _ = run("data", "sources", "--json", "--edition", tmp_path / "mine")
    (listed,) = [one for one in json.loads(out) if one["id"] == "oecd_metro"]
    assert (listed["shipped"], listed["licence_class"]) == (False, "unclear")
    assert run("export", "--html", tmp_path / "x.html", "--edition", tmp_path / "mine")[0] == 1


def test_what_instruments_measure_goes_in_as_it_is(base, quick, mirror, tmp_path, run):
    """Central Helsinki from OpenStreetMap and a timetable of 2017, real files, measured and combined."""
    for kind, file in (("osm", "Helsinki.osm.pbf"), ("gtfs", "caltrain-2017-07-24.zip")):
        pytest.importorskip("osmium", reason="osmium (extra instruments) isn't installed: nothing to measure with")
        made = tmp_path / f"{kind}.parquet"
        status, _, err = run("measure", kind, mirror / "instruments" / file, "--output", made, "--csv")
        assert status == 0, err
    added = Additions(observations=(tmp_path / "osm.parquet", tmp_path / "gtfs.parquet"), framework=quick)
    combine(base, "measured", tmp_path / "measured", added)
    measured = open_edition(tmp_path / "measured")
    for kind in ("osm", "gtfs"):
        rows = pl.read_parquet(tmp_path / f"{kind}.parquet").filter(pl.col("value").is_not_null())
        here = measured.table("observations").filter(source=kind)
        assert here.equals(rows.sort("variable", "level", "place", "boundary"))
        assert here.height > 50
    assert measured.sources["osm"]["licence_class"] == "share-alike"
    assert "OpenStreetMap contributors" in measured.sources["osm"]["citation"]
    assert withheld_sources(measured) == ["gtfs"]


def test_a_lower_bound_stays_one_and_a_reason_needs_no_row(base, with_makerspaces, tmp_path):
    rows = """variable,place,value,status
makerspaces,helsinki,4,lower bound
makerspaces,tokyo,31,
makerspaces,london,,not covered
"""
    added = Additions(
        observations=(written(tmp_path, "rows.csv", rows),), framework=with_makerspaces,
        declarations=written(tmp_path, "d.yaml", DECLARATIONS),
    )  # fmt: skip
    combine(base, "ours", tmp_path / "ours", added)
    ours = open_edition(tmp_path / "ours")
    values = ours.table("indicators").filter(indicator="makerspaces", boundary="core")
    status = dict(values.select("city", "status").iter_rows())
    assert (status[int(HELSINKI)], status[1850147], status[2643743]) == ("lower bound", "observed", "not covered")


def test_a_declared_licence_of_a_timetable_stands(base, tmp_path):
    text = "variable,place,value,unit,period,source\ngtfs_departures,helsinki,9,departures,2026,gtfs\n"
    rows = read_rows([written(tmp_path, "rows.csv", text)], {}, base.cities()).rows
    assert str(metas_of(base, rows, OwnDeclarations())["gtfs"].licence_class) == "unclear"
    declared = OwnSource(id="gtfs", title="Timetable", licence="CC BY 4.0", licence_class="attribution",
                         citation="HSL.", vintage="2026")  # fmt: skip
    meta = metas_of(base, rows, OwnDeclarations(sources=(declared,)))["gtfs"]
    assert (str(meta.licence_class), [one.id for one in meta.variables]) == ("attribution", ["gtfs_departures"])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_of_too_many_rows_is_refused_before_it_is_read_whole(base, tmp_path, monkeypatch, kind):
    monkeypatch.setattr("technopole.editions.own_rows.MOST_ROWS", 5)
    table = pl.DataFrame({"variable": ["unicorns"] * 6, "place": ["helsinki"] * 6, "value": [1.0] * 6})
    path = tmp_path / f"rows.{kind}"
    table.write_csv(path) if kind == "csv" else table.write_parquet(path)
    with pytest.raises(InputError, match="has 6 rows, 5 are taken"):
        read_rows([path], {}, base.cities())


@pytest.mark.parametrize("text", ["", "PAR1", "PAR1" * 50, "variable,place,value"])
def test_what_is_no_parquet_is_refused(base, tmp_path, text):
    with pytest.raises(InputError, match="can't be read as Parquet"):
        read_rows([written(tmp_path, "rows.parquet", text)], {}, base.cities())


WRONG_ROWS = {
    "variable,place,value,unit,period\nx,helsinki,1,\x1b[31mred,2026\n": "control characters",
    f"variable,place,value,unit,period\nx,helsinki,1,{'u' * 300},2026\n": "too long",
    f"variable,place,value,unit,period\n{'x' * 100},helsinki,1,u,2026\n": "can't be the id of a variable",
    "variable,place,value,status\nunicorns,helsinki,1,perhaps\n": "no status",
    "variable,place,value,status\nunicorns,helsinki,1,too old\n": "a value can't be",
    "variable,place,value,status\nunicorns,helsinki,,observed\n": "no number",
    "variable,place,value\n,helsinki,1\n": "no variable",
    "variable,place,value\nunicorns,helsinky,1\n": "did you mean helsinki",
    "variable,place,value\nunicorns,,1\n": "no place",
    "variable,city,value\nunicorns,Xyzzyville,1\n": "can't be placed",
    "variable,place,value\nunicorns,helsinki,many\n": "no number",
    "variable,place,value\nunicorns,helsinki,\n": "no number",
    "variable,place,value\nunicorns,helsinki,NaN\n": "isn't finite",
    "variable,place,value\nunicorns,helsinki,inf\n": "isn't finite",
    "variable,place,value\nunicorns,helsinki,1e300\n": "isn't finite",
    "variable,place,value\nunicorns,helsinki,1\nunicorns,658225,2\n": "stands twice",
    "variable,place,value,boundary\nunicorns,helsinki,1,town\n": "no boundary",
    "variable,place,value,level\nunicorns,FI,1,region\n": "no level",
    "variable,place,value,level\nunicorns,FI,1,country\n": "about a city",
    "variable,place,value,level\nunicorns,QQ,1,country\n": "no country",
    "variable,place,value,unit\nunicorns,helsinki,1,GWh\n": "is in companies",
    "variable,place,value,licence_class\nunicorns,helsinki,1,mine\n": "no licence class",
    "variable,place,value,records\nunicorns,helsinki,1,-2\n": "records can't be",
    "variable,place,value\nmy_thing,helsinki,1\n": "isn't declared",
    "variable,place,value,unit,period\nMy Thing,helsinki,1,x,2026\n": "can't be the id of a variable",
    "variable,place,value,source\nunicorns,helsinki,1,../etc\n": "can't be the id of a source",
    "variable,place\nunicorns,helsinki\n": "lacks the column 'value'",
    "variable,value\nunicorns,1\n": "neither `place` nor `city`",
    "variable,place,value\n": "no rows",
    'variable,place,value\n"unicorns,helsinki,1\n': "can't be read as CSV",
}


@pytest.mark.parametrize("text", WRONG_ROWS, ids=range(len(WRONG_ROWS)))
def test_wrong_rows_are_one_line(base, quick, tmp_path, run, text):
    rows = written(tmp_path, "rows.csv", text)
    status, out, err = run("data", "combine", "mine", "--observations", rows, "--framework", quick, "--amend",
                           "--out", tmp_path / "mine")  # fmt: skip
    lines = [line for line in err.splitlines() if line.startswith("technopole:")]
    assert (status, out, len(lines)) == (1, "", 1)
    assert WRONG_ROWS[text] in lines[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv"]


WRONG_CITIES = {
    "X,FI,60,24": "lacks the column",
    "Helsinki,FI,60.2,24.9,600": "in the edition already",
    "Newtown,QQ,60,24,5": "no country",
    ",FI,60,24,5": "no name",
    "Newtown,FI,160,24,5": "swapped",
    "Newtown,FI,nan,24,5": "can't be",
    "Newtown,FI,north,24,5": "no number",
    "Newtown,FI,60,24,0": "can't be",
    "Newtown,FI,60,24,5\nNewtown,FI,61,24,5": "already",
}


@pytest.mark.parametrize("text", WRONG_CITIES)
def test_wrong_cities_are_one_line(base, tmp_path, run, text):
    header = "name,country,latitude,longitude,population_thousands\n"
    header = header.replace(",population_thousands", "") if "lacks" in WRONG_CITIES[text] else header
    cities = written(tmp_path, "cities.csv", header + text + "\n")
    status, out, err = run("data", "combine", "mine", "--cities", cities, "--out", tmp_path / "mine")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert WRONG_CITIES[text] in err


def test_wrong_commands_are_one_line(base, quick, own, tmp_path, run):
    rows = written(tmp_path, "rows.csv", "variable,place,value\nunicorns,helsinki,-3\n")
    other = tmp_path / "documents"
    other.mkdir()
    written(other, "letter.txt", "dear")
    declared = written(tmp_path, "d.yaml", DECLARATIONS.replace("id: city_survey", "id: unicorns"))
    twice = written(tmp_path, "t.yaml", DECLARATIONS.replace("{id: makerspaces", "{id: unicorns"))
    known = written(tmp_path, "k.yaml", DECLARATIONS.replace("- id: makerspaces", "- id: unicorns"))
    for words, text in (
        (("mine",), "nothing is added"),
        (("My Edition", "--framework", quick), "can't name an edition"),
        ((base.id, "--framework", quick), "is the name of the edition"),
        (("mine", "--framework", quick, "--out", other), "holds other files"),
        (("mine", "--framework", quick, "--out", rows), "is a file"),
        (("mine", "--framework", quick, "--out", base.folder), "is the edition that yours is made from"),
        (("mine", "--framework", quick, "--replace", "unicorn"), "no observations of 'unicorn'"),
        (("mine", "--observations", tmp_path / "no.csv"), "isn't there"),
        (("mine", "--observations", tmp_path / "d.yaml"), "neither .csv nor .parquet"),
        (("mine", "--observations", rows, "--observations", rows), "two files are called"),
        (("mine", "--observations", rows, "--amend", "--framework", quick), "can't be -3"),
        (("mine", "--attributed", "x"), "isn't VARIABLE=FILE"),
        (("mine", "--attributed", f"x:mean={rows}"), "no measure 'mean'"),
        (("mine", "--attributed", f"x={rows}"), "lacks the column"),
        (("mine", "--declare", declared), "a source 'unicorns' already"),
        (("mine", "--declare", twice), "declares the variable 'unicorns'"),
        (("mine", "--declare", known), "an indicator 'unicorns' already"),
        (("mine", "--framework", own.folder / "framework.yaml"), "no indicator 'makerspaces'"),
    ):
        status, out, err = run("data", "combine", *words, *(() if "--out" in words else ("--out", tmp_path / "mine")))
        lines = [line for line in err.splitlines() if line.startswith("technopole:")]
        assert (status, out, len(lines)) == (1, "", 1), words
        assert text in lines[0], words
    assert (other / "letter.txt").read_text() == "dear"
    assert not (tmp_path / "mine").exists()


def test_a_failure_leaves_the_edition_that_was_there(base, own, tmp_path):
    shutil.copytree(own.folder, tmp_path / "ours")
    before = {path: path.read_bytes() for path in (tmp_path / "ours").rglob("*.*")}
    data = yaml.safe_load((own.folder / "framework.yaml").read_text())
    data["eligibility"]["least_nonzero"] = 1000
    never = written(tmp_path, "never.yaml", yaml.safe_dump(data, sort_keys=False))
    with pytest.raises(TechnopoleError, match="no city has enough evidence"):
        combine(own, "again", tmp_path / "ours", Additions(framework=never))
    assert {path: path.read_bytes() for path in (tmp_path / "ours").rglob("*.*")} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["never.yaml", "ours"]


@pytest.mark.parametrize("what", ["observations.parquet", "framework.yaml", "reference/frame.parquet"])
def test_a_damaged_base_is_refused(base, quick, tmp_path, what):
    shutil.copytree(base.folder, tmp_path / "base")
    path = tmp_path / "base" / what
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(EditionError, match=f"{Path(what).name} doesn't match its checksum"):
        combine(open_edition(tmp_path / "base"), "ours", tmp_path / "ours", Additions(framework=quick))
    assert not (tmp_path / "ours").exists()


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"format": 1}', '{"format": 1, "id": "x"}', "\x00"])
def test_a_damaged_manifest_is_one_line(tmp_path, run, text):
    written(tmp_path, "edition.json", text)
    status, out, err = run("rank", "--edition", tmp_path)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "edition.json" in err


def test_build_never_replaces_a_folder_of_other_things(tmp_path):
    from technopole.editions.build import build_edition
    from technopole.editions.shipped import default_framework

    written(tmp_path, "letter.txt", "dear")
    with pytest.raises(InputError, match="other files"):
        build_edition(tmp_path, tmp_path, default_framework())
    assert (tmp_path / "letter.txt").read_text() == "dear"
