"""A real browser on the explorer, served on loopback and as one file. Skipped, with the reason, where none is there."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from technopole.editions.read import Edition, open_edition
from technopole.publish.explore import page_of, server

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 15_000


def absent(reason: str) -> None:
    """Skip; on the CI machine fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def edition() -> Edition:
    return open_edition()


@pytest.fixture(scope="module")  # Playwright runs a loop of its own, which tests of other modules must not meet
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        absent("playwright isn't installed: no browser test runs")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        absent("chromium isn't installed: no browser test runs")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Mapping[str, bytes]], str]]:
    """Serve the explorer's files on loopback until the tests end; give their address."""
    with ExitStack() as running:

        def call(files: Mapping[str, bytes]) -> str:
            httpd = server(files)
            thread = threading.Thread(target=httpd.serve_forever, daemon=True)
            thread.start()
            for end in (thread.join, httpd.server_close, httpd.shutdown):
                running.callback(end)
            return f"http://127.0.0.1:{httpd.server_port}/"

        yield call


@pytest.fixture(scope="session")
def served(site: Mapping[str, bytes], serve: Callable[[Mapping[str, bytes]], str]) -> str:
    """Address of the explorer on loopback."""
    return serve(site)


@pytest.fixture(scope="session")
def alone(site: Mapping[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the explorer as one file."""
    path = tmp_path_factory.mktemp("alone") / "technopole.html"
    path.write_text(page_of(site), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open an address in a context of its own; at the end no request may have left, none failed, nothing complained."""
    contexts, complaints = [], []

    def open_page(address: str, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **options})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        home = address.split("#", 1)[0].rsplit("/", 1)[0]

        def on_request(request: Any) -> None:
            if not request.url.startswith((home, "data:", "blob:")):
                complaints.append(f"request to {request.url}")

        page.on("request", on_request)
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url[:200]}"))
        page.on("response", lambda answer: answer.status < 400 or complaints.append(f"{answer.status}: {answer.url}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: message.type in {"error", "warning"} and complaints.append(f"console: {message.text}"),
        )
        page.goto(address)
        page.locator("main h1").first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def axe(workspace: Path) -> str:
    """Source of axe-core, from the explorer's packages."""
    return (workspace / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
