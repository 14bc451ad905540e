"""The documentation site: built strictly, nothing loaded from elsewhere, generated pages and tutorial current."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from technopole.cli.reference import PAGES
from technopole.sources.registry import all_source_ids

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
ZENSICAL = Path(sys.executable).parent / "zensical"
LOADED = re.compile(r"""<(?:link|script|img|iframe|source)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//""")
pytestmark = pytest.mark.xdist_group("site")


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ZENSICAL, "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copyfile(REPOSITORY / "mkdocs.yml", folder / "mkdocs.yml")
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "renew it: python -m technopole.cli.reference"


def test_every_page_is_built_and_reached(site: Path) -> None:
    pages = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert not [page for page in pages if not (site / page).is_file()]
    named = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
    outside = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")} - set(re.findall(r"\S+\.md", named))
    assert outside == {f"sources/{name}.md" for name in all_source_ids()}, "name it in the nav of mkdocs.yml"


def test_a_broken_link_or_anchor_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: x\ntheme: {name: material, font: false}\n")
    for link, fails in (("index.md", False), ("absent.md", True), ("index.md#absent", True)):
        (tmp_path / "docs" / "index.md").write_text(f"# Here\n\n[link]({link})\n")
        assert (build(tmp_path).returncode != 0) == fails, link


def test_no_page_names_another_server_for_what_it_loads(site: Path) -> None:
    assert not [str(page) for page in site.rglob("*.html") if LOADED.search(page.read_text(encoding="utf-8"))]
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_browser_asks_nobody_else_and_finds_what_it_seeks(address: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium: the site isn't opened")
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index.html", "reference/commands.html", "coverage.html", "sources/unicorns.html"):
            page.goto(f"{address}/{name}", wait_until="networkidle")
            assert page.locator("h1").count() == 1
        browser.close()
    assert len(asked) > 4
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]


def tutorial_lines() -> list[str]:
    blocks = re.findall(r"```\n(.*?)```", (DOCS / "tutorial.md").read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("line", tutorial_lines())
def test_the_tutorial_runs(line: str, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, error = run(*line.split()[1:])
    assert status == 0, error
    assert out or list(tmp_path.iterdir())


def test_the_threat_model_names_files_that_are_there() -> None:
    text = (DOCS / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+\.(?:py|txt))`", text))
    assert len(named) > 25
    package = REPOSITORY / "src" / "technopole"
    assert not [name for name in named if not (REPOSITORY / name).is_file() and not (package / name).is_file()]
