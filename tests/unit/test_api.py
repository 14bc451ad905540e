"""`technopole serve`: a real server on a free port, asked over HTTP, against what the CLI and the kernel say."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from technopole.core.errors import InputError
from technopole.core.types import Lens
from technopole.editions.read import Edition, open_edition
from technopole.editions.shipped import latest_edition
from technopole.index.framework import ROOT
from technopole.index.run import run_index

try:
    import httpx
    from starlette.requests import Request

    from technopole.publish import api_shapes as shapes
    from technopole.publish.api import BusyError, Slots, Tagger
except ImportError as missing:
    pytest.skip(f"{missing.name} isn't installed (extras serve and dev): no API is tested", allow_module_level=True)

WEIGHTINGS = 200
pytestmark = pytest.mark.xdist_group("api")  # one server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped edition with a short uncertainty analysis: ranks are nominal, and 200 requests end in time."""
    copy = tmp_path_factory.mktemp("edition") / "short"
    shutil.copytree(latest_edition(), copy)
    path = copy / "framework.yaml"
    framework = yaml.safe_load(path.read_text("utf-8"))
    framework["uncertainty"] |= {
        "replicates": 4,
        "normalisation": ["min_max"],
        "aggregation": ["arithmetic"],
        "cap_quantile": [1.0],
    }
    path.write_text(yaml.safe_dump(framework, sort_keys=False), "utf-8")
    manifest = json.loads((copy / "edition.json").read_text("utf-8"))
    content = path.read_bytes()
    manifest["files"]["framework.yaml"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (copy / "edition.json").write_text(json.dumps(manifest), "utf-8")
    return copy


@pytest.fixture(scope="module")
def edition(folder: Path) -> Edition:
    return open_edition(folder)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "technopole.cli.main", *map(str, words)]


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("log") / "stderr"
    with log.open("wb") as errors:
        running = subprocess.Popen(
            command("serve", "--port", 0, "--edition", folder), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert running.stdout
        base = running.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", base), log.read_text()
        wait_until_up(base, running, log)
        yield base
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 0
        assert "Traceback" not in log.read_text()
    finally:
        running.kill()
        running.communicate()


def wait_until_up(base: str, running: subprocess.Popen[str], log: Path) -> None:
    for _ in range(600):
        try:
            if httpx.get(base, trust_env=False, timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            assert running.poll() is None, log.read_text()
            time.sleep(0.1)
    pytest.fail("the server didn't come up within a minute")


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as opened:
        yield opened


def printed(folder: Path, *words: object) -> Any:
    done = subprocess.run(
        command(*words, "--json"),
        env={**os.environ, "TECHNOPOLE_EDITION": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


SAME = {
    "rank": ("v1/rank?top=20", ["rank", "--top", "20"]),
    "rank of a side": (
        "v1/rank?lens=intensity&side=lives&boundary=core&country=FI&country=Japan&min_population=1000000&all=true",
        ["rank", "--lens", "intensity", "--side", "lives", "--boundary", "core", "--country", "FI", "--country",
         "Japan", "--min-population", "1000000", "--all"],
    ),
    "rank by weights": ("v1/rank?weights=ventures%3D3,patents%3D0", ["rank", "--weights", "ventures=3,patents=0"]),
    "city": ("v1/city/%E6%9D%B1%E4%BA%AC?boundary=region", ["city", "東京", "--boundary", "region"]),
    "compare": ("v1/compare?city=Helsinki&city=Seoul&city=1850147", ["compare", "Helsinki", "Seoul", "1850147"]),
    "why": ("v1/why?a=Seoul&b=Tokyo&side=makes", ["why", "Seoul", "Tokyo", "--side", "makes"]),
    "trace": ("v1/trace?city=Toronto&indicator=patents", ["trace", "Toronto", "patents"]),
    "resolve": ("v1/resolve?name=Veldhoven&country=NL", ["resolve", "Veldhoven", "--country", "NL"]),
    "resolve a point": ("v1/resolve?lat=60.2&lon=24.9", ["resolve", "--lat", "60.2", "--lon", "24.9"]),
    "extremes": ("v1/extremes?city=Helsinki", ["extremes", "--city", "Helsinki"]),
    "claims": ("v1/claims?city=Tokyo", ["claims", "--city", "Tokyo"]),
    "initiatives": ("v1/initiatives?city=Singapore", ["initiatives", "Singapore"]),
    "themes": ("v1/themes", ["themes"]),
    "sources": ("v1/sources", ["data", "sources"]),
    "licences": ("v1/licences", ["data", "licences"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_an_answer_is_what_the_command_prints(client: httpx.Client, folder: Path, case: str) -> None:
    path, words = SAME[case]
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.json() == printed(folder, *words)
    assert answer.text.count("\n") == 1


def test_every_route_is_asked_here(client: httpx.Client) -> None:
    asked = {re.sub(r"\?.*|/%.*", "", path) for path, _ in SAME.values()}
    here = {path.removeprefix("/").removesuffix("/{name}") for path in client.get("").json()["routes"]}
    assert here == asked | {"v1/edition", "v1/edition/files"}


def test_files_are_those_of_the_edition(client: httpx.Client, folder: Path) -> None:
    status = client.get("v1/edition").json()
    assert "folder" not in status
    assert str(folder) not in json.dumps(status)
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {one["name"] for one in status["files"]} == present
    for one in status["files"]:
        content = client.get(f"v1/edition/files/{one['name']}").content
        assert content == (folder / one["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])


def test_many_names_are_resolved_in_their_order(client: httpx.Client) -> None:
    queries = [{"name": "Espoo", "country": "FI"}, {"lat": 35.7, "lon": 139.7}, {"name": "nowhere at all"}]
    found = client.post("v1/resolve", json={"queries": queries}).json()
    assert [one["slug"] for one in found] == ["helsinki", "tokyo", None]
    assert found[2]["reason"]


def test_same_weights_give_the_same_ranks(client: httpx.Client, edition: Edition) -> None:
    declared = edition.framework()
    matrix = edition.matrix(framework=declared)
    chosen = random.Random(2026)
    names = [node.id for node in declared.walk()]
    cases = [{name: round(chosen.expovariate(1), 3) for name in names} for _ in range(WEIGHTINGS)]

    def asked(weights: dict[str, float]) -> dict[int, int]:
        text = ",".join(f"{name}={weight}" for name, weight in weights.items())
        answer = client.get("v1/rank", params={"weights": text}, headers={"Accept-Encoding": "identity"})
        assert answer.status_code == 200, answer.text
        return {one["id"]: one["rank"] for one in answer.json()["cities"]}

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(asked, cases))
    orders = set()
    for weights, answer in zip(cases, answers, strict=True):
        ranks = run_index(matrix, declared.with_weights(weights), Lens.SCALE).ranks[ROOT]
        assert answer == dict(zip(matrix.cities.tolist(), ranks.tolist(), strict=True))
        orders.add(tuple(ranks.tolist()))
    assert len(answers[0]) > 250
    assert len(orders) == WEIGHTINGS  # the weights do change something


def test_a_known_answer_is_not_sent_again(client: httpx.Client) -> None:
    for path in (
        "v1/rank?top=3",
        "v1/rank?weights=unicorns%3D2",
        "v1/city/Oslo",
        "v1/themes",
        "v1/edition/files/edition.json",
    ):
        first = client.get(path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "no-cache"
        again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get("v1/rank?top=3").headers["etag"] != client.get("v1/rank?top=4").headers["etag"]


def test_tags_are_the_editions(client: httpx.Client, tmp_path: Path, folder: Path) -> None:
    request = Request({"type": "http", "path": "/v1/themes", "query_string": b"", "headers": [], "server": ("h", 1)})
    tag = client.get("v1/themes").headers["etag"]
    assert Tagger(open_edition(folder))(request) == tag
    assert Tagger(open_edition(latest_edition()))(request) != tag


def test_long_answers_are_compressed_and_tables_are_not_twice(client: httpx.Client) -> None:
    packed = client.get("v1/rank", headers={"Accept-Encoding": "gzip"})
    plain = client.get("v1/rank", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4
    assert packed.json() == plain.json()
    assert "content-encoding" not in client.get("v1/edition/files/results.parquet").headers


def test_every_answer_has_safe_headers(client: httpx.Client) -> None:
    for answer in (
        client.get("v1/themes"),
        client.get("v1/nothing"),
        client.get("v1/rank?top=0"),
        client.get("v1/themes", headers={"Host": "elsewhere.example"}),
        client.head("v1/themes"),
    ):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers


def test_head_is_get_without_a_body(client: httpx.Client) -> None:
    head, get = client.head("v1/themes"), client.get("v1/themes")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]


LONG = "x" * 201
REFUSED = {
    "lens": ("v1/rank?lens=both", 422),
    "boundary": ("v1/rank?boundary=x", 422),
    "top 0": ("v1/rank?top=0", 422),
    "top": ("v1/rank?top=5001", 422),
    "population": ("v1/rank?min_population=-1", 422),
    "population above": ("v1/rank?min_population=100000001", 422),
    "country": ("v1/rank?country=Atlantis", 404),
    "countries": ("v1/rank?" + "&".join(["country=FI"] * 61), 422),
    "side": ("v1/rank?side=front", 404),
    "weights": ("v1/rank?weights=ventures", 422),
    "weights of nothing": ("v1/rank?weights=venture%3D2", 422),
    "negative": ("v1/rank?weights=ventures%3D-2", 422),
    "not a number": ("v1/rank?weights=ventures%3Dnan", 422),
    "weights too long": ("v1/rank?weights=" + "a" * 4001, 422),
    "unknown parameter": ("v1/rank?weight=ventures%3D2", 422),
    "city": ("v1/city/Qwzzkj", 404),
    "long city": (f"v1/city/{LONG}", 422),
    "one city": ("v1/compare?city=Oslo", 422),
    "six cities": ("v1/compare?" + "&".join(f"city={n}" for n in "abcdef"), 422),
    "one city twice": ("v1/compare?city=Oslo&city=Oslo", 422),
    "why of one": ("v1/why?a=Oslo", 422),
    "indicator": ("v1/trace?city=Oslo&indicator=patent", 404),
    "no name": ("v1/resolve", 422),
    "half a point": ("v1/resolve?lat=1", 422),
    "no latitude": ("v1/resolve?lat=91&lon=1", 422),
    "not finite": ("v1/resolve?lat=nan&lon=1", 422),
    "long name": (f"v1/resolve?name={LONG}", 422),
    "set": ("v1/extremes?city=Oslo&set=any", 422),
    "not ranked": ("v1/extremes?city=Lagos", 422),
    "file": ("v1/edition/files/secrets.txt", 404),
    "long address": ("v1/themes?" + "x" * 17_000, 414),
    "page": ("v1", 404),
    "docs": ("docs", 404),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_input_is_one_line(client: httpx.Client, case: str) -> None:
    path, status = REFUSED[case]
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.text.count("\n") == 1
    shape = answer.json()
    assert list(shape) == ["error", "why", "what_to_do"]
    assert shape["error"]
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/v1/edition/files/../../../../etc/passwd",
        "/v1/edition/files/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/v1/edition/files//etc/passwd",
        "/v1/edition/files/..%2f..%2fframework.yaml",
        "/v1/edition/files/reference",
        "/v1/edition/files/%00",
        "/v1/edition/files/%ff",
        "/v1/city/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    ],
)
def test_no_path_leads_to_the_file_system(address: str, path: str) -> None:
    host, port = address.removeprefix("http://").removesuffix("/").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:  # httpx would tidy the path
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert re.match(rb"HTTP/1\.1 4\d\d ", answer)
    assert b"root:" not in answer


def test_answers_need_no_file_after_the_start(client: httpx.Client, folder: Path) -> None:
    aside = folder.with_name("aside")
    folder.rename(aside)
    try:
        for path, _ in SAME.values():
            assert client.get(path).status_code == 200
        assert client.get("v1/edition/files/framework.yaml").status_code == 200
    finally:
        aside.rename(folder)


def test_other_names_methods_and_long_bodies_are_refused(client: httpx.Client) -> None:
    assert client.get("v1/themes", headers={"Host": "elsewhere.example"}).status_code == 421
    assert client.get("v1/themes", headers={"Host": "localhost:1"}).status_code == 200
    for method in ("PUT", "DELETE", "PATCH", "POST"):
        answer = client.request(method, "v1/themes")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
        assert answer.json()["what_to_do"]
    many = {"queries": [{"name": "Oslo"}] * (shapes.MOST_QUERIES + 1)}
    assert client.post("v1/resolve", json=many).status_code == 422
    assert client.post("v1/resolve", json={"queries": many["queries"][:-1]}).status_code == 200
    assert client.post("v1/resolve", content=b"x" * 600_000).status_code == 413
    assert client.post("v1/resolve", content=b"{").status_code == 422
    assert client.post("v1/resolve", json={"queries": [{"name": "a", "path": "/etc/passwd"}]}).status_code == 422


def test_only_so_many_rankings_at_once() -> None:
    slots = Slots(running=1, waiting=0)
    with slots.one(), pytest.raises(BusyError), slots.one():
        pass
    with slots.one():
        pass


def test_serve_says_what_is_wrong(address: str, tmp_path: Path) -> None:
    port = int(address.removesuffix("/").rsplit(":", 1)[1])
    for words, expected in (
        (("--port", port), f"port {port}"),
        (("--host", "example.org"), "is no address"),
        (("--edition", tmp_path), "is no edition"),
    ):
        done = subprocess.run(command("serve", *words), capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert expected in done.stderr


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    from technopole.cli.serve import serve

    monkeypatch.setattr(util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"technopole\[serve\]"):
        serve()


def test_the_api_is_as_it_describes_itself(address: str, tmp_path: Path) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("schemathesis isn't installed (extra dev): the API isn't compared with its description")
    # a name that has the right form may still be unknown (404) or clash with another (422)
    settings = tmp_path / "schemathesis.toml"
    settings.write_text('[checks.positive_data_acceptance]\nexpected-statuses = ["2xx", "404", "422"]\n', "utf-8")
    done = subprocess.run(
        [program, "--config-file", settings, "run", f"{address}openapi.json", "--phases", "examples,coverage,fuzzing",
         "--max-examples", "8", "--generation-deterministic", "--warnings", "off"],
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    assert re.search(r"Tested: 16", done.stdout), done.stdout[-3000:]


def test_the_page_names_every_route(client: httpx.Client) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    described = set(re.findall(r"^\| `(/v1[^`]*)`", page, flags=re.MULTILINE))
    assert described == set(client.get("").json()["routes"])


def test_every_parameter_says_what_it_is(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    operations = [(path, one) for path, methods in document["paths"].items() for one in methods.values()]
    parameters = [(path, one) for path, operation in operations for one in operation.get("parameters", [])]
    assert len(parameters) > 20
    assert [(path, one["name"]) for path, one in parameters if not one.get("description")] == []
