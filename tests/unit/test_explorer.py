"""The explorer's Python side: links, bundle, server, single file and site."""

import base64
import hashlib
import http.client
import io
import json
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from technopole.cli.main import app
from technopole.core.errors import EditionError, InputError
from technopole.core.types import RINGS, Boundary, Lens
from technopole.editions.read import Edition, open_edition
from technopole.editions.trace import trace
from technopole.index.framework import ROOT
from technopole.indicators.declarations import catalogue
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.rank import competition_ranks
from technopole.kernel.tree import Tree
from technopole.publish.bundle import BOUNDARIES, LENSES, bundle
from technopole.publish.claims import replicated
from technopole.publish.explore import (
    PAGE,
    Made,
    page_of,
    served_files,
    server,
    write_page,
    write_site,
)
from technopole.publish.state import State, decode, encode

GOLDEN = Path(__file__).parents[1] / "golden_explorer"
pytestmark = pytest.mark.xdist_group("explorer")


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.fixture(scope="module")
def files(site: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name.removeprefix("data/"): content for name, content in site.items() if name.startswith("data/")}


@pytest.mark.parametrize(
    "case", json.loads((GOLDEN / "state.json").read_text("utf-8")), ids=lambda case: case["text"][:40]
)
def test_links_are_read_as_in_typescript(case: dict) -> None:
    names = {"minPopulation": "min_population", "minCoverage": "min_coverage"}
    expected = {names.get(key, key): value for key, value in case["state"].items()}
    found = {
        key: list(value) if isinstance(value, tuple) else value for key, value in asdict(decode(case["text"])).items()
    }
    assert found == expected
    assert encode(decode(case["text"])) == case["canonical"]
    assert decode(case["canonical"]) == decode(case["text"])


def test_a_default_link_is_empty_and_a_long_one_is_ignored() -> None:
    assert encode(State()) == ""
    assert decode("city=" * 100_000) == State()


def test_ranks_of_the_golden_file_are_the_kernels() -> None:
    golden = json.loads((GOLDEN / "ranks.json").read_text("utf-8"))
    tree, units = Tree(tuple(golden["parents"]), golden["leaves"]), np.array(golden["units"])
    makes = golden["names"].index("makes") - tree.leaves
    assert len(golden["cases"]) == 200
    for case in golden["cases"]:
        values = np.maximum(units, golden["lowest"]) if case["aggregation"] == "geometric" else units
        scores = aggregate_tree(values, np.array(case["weights"]), tree, Aggregation(case["aggregation"]))
        assert competition_ranks(scores[:, -1]).tolist() == case["index"]
        assert competition_ranks(scores[:, makes]).tolist() == case["makes"]


def read(files: dict[str, bytes], name: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(files[f"{name}.parquet"]))


def test_the_bundle_is_the_same_every_time(edition: Edition, files: dict[str, bytes]) -> None:
    assert bundle(edition) == files


def test_tables_have_the_rows_that_positions_count_on(edition: Edition, files: dict[str, bytes]) -> None:
    meta = json.loads(files["meta.json"])
    ranked, cities = meta["edition"]["ranked"], meta["edition"]["cities"]
    boundaries, indicators = len(meta["boundaries"]), len(meta["indicators"])
    assert read(files, "cities").height == cities == len(files["names.txt"].decode().split("\n"))
    assert read(files, "results").height == len(meta["lenses"]) * boundaries * (1 + len(meta["sides"])) * ranked
    assert read(files, "scores").shape == (len(meta["lenses"]) * boundaries * ranked, meta["leaves"])
    assert read(files, "scores").null_count().sum_horizontal()[0] == 0
    assert read(files, "values").height == indicators * boundaries * ranked
    assert read(files, "unranked").height == indicators * (cities - ranked)
    assert [node["id"] for node in meta["nodes"]][: meta["leaves"]] == edition.framework().indicator_ids()


def test_results_and_values_are_the_editions(edition: Edition, files: dict[str, bytes]) -> None:
    meta = json.loads(files["meta.json"])
    ranked = meta["edition"]["ranked"]
    cities = read(files, "cities")["city"][:ranked]
    side, place = meta["sides"][-1], 7
    block = (LENSES.index("intensity") * len(BOUNDARIES) + BOUNDARIES.index("core")) * (1 + len(meta["sides"]))
    row = read(files, "results").row((block + len(meta["sides"])) * ranked + place, named=True)
    expected = edition.table("results").row(
        by_predicate=(pl.col("lens") == "intensity")
        & (pl.col("boundary") == "core")
        & (pl.col("side") == side)
        & (pl.col("city") == cities[place]),
        named=True,
    )
    assert (row["rank"], row["tier"]) == (expected["rank"], expected["tier"])
    assert row["rank_low"] == pytest.approx(expected["rank_low"], abs=0.01)
    at = len(meta["indicators"]) // 2
    value = read(files, "values").row((at * len(BOUNDARIES) + BOUNDARIES.index("region")) * ranked + place, named=True)
    theirs = edition.table("indicators").row(
        by_predicate=(pl.col("indicator") == meta["indicators"][at]["id"])
        & (pl.col("boundary") == "region")
        & (pl.col("city") == cities[place]),
        named=True,
    )
    assert value["value"] == theirs["value"]
    assert meta["statuses"][value["status"]] == theirs["status"]
    assert meta["kinds"][value["kind"]] == [theirs["unit"], theirs["period"], theirs["source"]]


def test_close_cities_are_those_that_neither_is_nearly_always_before(edition: Edition, files: dict[str, bytes]) -> None:
    meta = json.loads(files["meta.json"])
    cities = read(files, "cities").head(meta["edition"]["ranked"])
    close, count, sides = read(files, "close")["close"], cities.height, [ROOT, *meta["sides"]]
    pairs = count * (count - 1) // 2
    assert close.len() == len(meta["lenses"]) * len(sides) * pairs
    slugs, _, replicates = replicated(edition, Lens.INTENSITY)
    chosen, block = random.Random(5), len(sides) + 1
    for _ in range(40):
        a, b = sorted(chosen.sample(range(count), 2))
        mine = replicates.ranks[sides[1]][:, slugs.index(cities["slug"][a])]
        other = replicates.ranks[sides[1]][:, slugs.index(cities["slug"][b])]
        apart = max((mine < other).mean(), (other < mine).mean()) > 1 - edition.framework().tiers.least_win
        assert close[block * pairs + a * (2 * count - a - 1) // 2 + b - a - 1] == (not apart)


def test_origins_name_the_rows_of_the_trace(edition: Edition, files: dict[str, bytes]) -> None:
    meta, origins, listed = json.loads(files["meta.json"]), read(files, "origins"), read(files, "files")
    cities = read(files, "cities").head(meta["edition"]["ranked"])
    paths = dict(zip(listed["file"], listed["path"], strict=True))
    chosen = random.Random(4)
    seen = 0
    for _ in range(60):
        at, place, ring = (
            chosen.randrange(len(meta["indicators"])),
            chosen.randrange(cities.height),
            chosen.randrange(3),
        )
        city = edition.frame().row(by_predicate=pl.col("city") == cities["city"][place], named=True)
        indicator = catalogue().get(meta["indicators"][at]["id"])
        chain = trace(edition, city, indicator, Lens.SCALE, Boundary(RINGS[ring]))
        expected = {(one["path"], row) for one in chain["files"] for row in one["rows"]}
        mine = origins.filter((pl.col("indicator") == at) & (pl.col("position") == place) & (pl.col("ring") <= ring))
        if mine.is_empty():
            assert not expected
            continue
        line = mine.sort("ring").row(-1, named=True)
        first = [text.split(":", 1) for text in line["first"].split("\n")]
        named = {(paths[int(number)], row) for number, row in first}
        assert named <= expected
        assert line["files"] == len({path for path, _ in expected})
        assert line["rows"] == sum(len(one["rows"]) for one in chain["files"])
        assert len(first) == min(20, line["rows"])
        seen += 1
    assert seen > 20


def test_what_values_are_capped_at_gives_the_treated_values(edition: Edition, files: dict[str, bytes]) -> None:
    meta = json.loads(files["meta.json"])
    kinds = {one["id"]: one["kind"] for one in meta["indicators"]}
    treated = edition.table("scores").filter(pl.col("treated").is_not_null() & (pl.col("lens") == "intensity"))
    joined = (
        treated.join(
            edition.table("indicators"),
            left_on=["city", "boundary", "node"],
            right_on=["city", "boundary", "indicator"],
        )
        .join(edition.frame().select("city", "population_thousands"), on="city")
        .sample(500, seed=1)
    )
    shrink = meta["framework"]["method"]["shrink_millions"]
    for row in joined.iter_rows(named=True):
        value = row["value"]
        if kinds[row["node"]] == "count":
            value = np.log1p(value / (row["population_thousands"] / 1000 + shrink))
        leaf = [node["id"] for node in meta["nodes"]].index(row["node"])
        assert min(value, meta["caps"]["intensity"][row["boundary"]][leaf]) == pytest.approx(row["treated"], rel=1e-9)


@pytest.fixture(scope="module")
def page(site: Mapping[str, bytes]) -> str:
    return page_of(site)


def test_the_single_file_asks_for_nothing_and_allows_nothing(page: str) -> None:
    policy = re.search(r'content="(default-src[^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert "connect-src" not in policy[1]
    markup = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r'\b(src|href)="(?!data:)', markup)
    script = re.search(r'<script type="module">(.*?)</script>', page, flags=re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[1]


def test_the_single_file_is_small(page: str) -> None:
    import gzip

    assert len(gzip.compress(page.encode())) < 2_500_000


def test_nothing_in_the_data_ends_its_element(page: str, files: dict[str, bytes]) -> None:
    data = page[page.index('<script type="text/plain"') :]
    blocks = re.findall(r'<script type="text/plain" id="data-[^"]+">(.*?)</script>', data, flags=re.DOTALL)
    assert len(blocks) == len(files)
    assert not any("<" in block for block in blocks)


def test_what_is_served_is_the_site_made_on_demand(edition: Edition, site: Mapping[str, bytes]) -> None:
    served = served_files(edition)
    assert sorted(served) == sorted(site)
    for name in (PAGE, "data/meta.json", "data/themes.json", "data/cities.parquet"):
        assert served[name] == site[name]
    assert "data/nothing" not in served


def test_a_file_is_made_once_and_only_when_asked_for() -> None:
    made: list[str] = []

    def part(name: str) -> bytes:
        made.append(name)
        return name.encode()

    lazy = Made({name: partial(part, name) for name in ("a", "b")})
    assert len(lazy) == 2
    assert made == []
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: lazy["b"], range(20))) == {b"b"}
    assert made == ["b"]


def test_a_file_that_cant_be_made_says_why() -> None:
    def broken() -> bytes:
        raise EditionError("the edition lacks momentum:", "build it anew.")

    httpd = server(Made({"data/momentum.json": broken}))
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    status, body, _ = ask((str(httpd.server_address[0]), httpd.server_port), "/data/momentum.json")
    httpd.shutdown()
    httpd.server_close()
    assert status == 500
    assert b"the edition lacks momentum" in body


@pytest.fixture
def running() -> Iterator[tuple[str, int]]:
    httpd = server({PAGE: b"<p>page</p>", "data/meta.json": b"{}", "empty.txt": b""})
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield str(httpd.server_address[0]), httpd.server_port
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def ask(running: tuple[str, int], path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(*running, timeout=5)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def test_the_server_answers_with_safe_headers(running: tuple[str, int]) -> None:
    status, body, headers = ask(running, "/")
    assert (status, body) == (200, b"<p>page</p>")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert running[0] == "127.0.0.1"
    assert ask(running, "/data/meta.json?x=1")[0] == 200
    assert ask(running, "/empty.txt")[:2] == (200, b"")
    assert ask(running, "/", method="HEAD")[1] == b""


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/data/..%2fexplorer.js",
        "/etc/passwd",
        "/data/",
        "/%00",
        "/%ff",
    ],
)
def test_no_name_leads_out_of_the_site(running: tuple[str, int], path: str) -> None:
    assert ask(running, path)[0] == 404


def test_other_host_names_and_methods_are_refused(running: tuple[str, int]) -> None:
    assert ask(running, "/", Host="evil.example")[0] == 404
    assert ask(running, "/", method="POST")[0] == 501


def test_a_site_replaces_only_an_earlier_one(edition: Edition, site: Mapping[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    for name in (*site, "data/earlier.json"):  # an earlier export
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("earlier")
    (folder / "CNAME").write_text("its owner's")
    assert write_site(edition, folder) == sum(map(len, site.values())) > 500_000
    written = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in written.items()} == {**site, "CNAME": b"its owner's"}
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="holds other files"):
        write_site(edition, other)
    with pytest.raises(InputError, match="is a file"):
        write_site(edition, other / "mine.txt")
    assert (other / "mine.txt").read_text() == "kept"


def test_a_page_is_written_whole_or_not_at_all(edition: Edition, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be written"):
        write_page(edition, tmp_path / "absent" / "page.html")
    with pytest.raises(InputError, match="can't be written"):
        write_page(edition, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_export_needs_a_form(tmp_path: Path, page: str) -> None:
    result = CliRunner().invoke(app, ["export"])
    assert isinstance(result.exception, InputError)
    done = CliRunner().invoke(app, ["export", "--html", str(tmp_path / "page.html")])
    assert done.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page


def test_explore_serves_until_it_is_ended() -> None:
    command = [sys.executable, "-m", "technopole.cli.main", "explore", "--no-browser"]
    running_command = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert running_command.stdout
        address = urlsplit(running_command.stdout.readline().strip())
        assert address.hostname == "127.0.0.1"
        status, body, _ = ask((address.hostname, address.port or 0), "/")
        assert status == 200
        assert b"explorer.js" in body
        running_command.send_signal(signal.SIGINT)
        assert running_command.wait(timeout=20) == 0
    finally:
        running_command.kill()
        running_command.communicate()


def test_the_readmes_picture_is_a_small_png() -> None:
    content = (GOLDEN.parents[1] / "docs" / "explorer.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) <= 300_000, "python tests/browser/renew_screenshot.py"
