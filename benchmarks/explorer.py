"""How fast the explorer answers, in headless Chromium: `python benchmarks/explorer.py` (extra dev, and Chromium).

It prints, in one run:

- a slider's move until the ranking is computed anew and drawn, over a drag of many steps (0.1 each): the time on the
  clock without the wait for the screen's next refresh, and the processor time of the page's main thread, which other
  work on the machine doesn't lengthen;
- what follows when the slider rests: the lines out of sight, the map and the addresses are drawn anew;
- the floor: of each such move the computation alone (scores, ranks, order), as the page notes it;
- the exported file: bytes, bytes gzipped, and the time from opening it to its first table.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from technopole.editions.read import open_edition
from technopole.publish.explore import server, single_file, site_files

LIMITS = {"move_median_ms": 16.0, "first_table_ms": 1500.0, "gzip_bytes": 2_500_000}
STEPS, WARM = 120, 20
QUICK_STEPS = 30
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
UNBOUND = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]  # a frame is drawn at once, not at the next refresh

DRAG = """async (slider, {steps, warm}) => {
  const drawn = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const times = [], ranks = [];
  for (let step = -warm; step < steps; step++) {
    await new Promise(done => setTimeout(done, 20));
    const start = performance.now();
    slider.value = String(Math.abs((step + warm) % 56 - 28) / 10 + 0.1);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await drawn();
    if (step < 0) continue;
    times.push(performance.now() - start);
    ranks.push(performance.getEntriesByName('rank').at(-1).duration);
  }
  const before = performance.getEntriesByName('rest').length;
  while (performance.getEntriesByName('rest').length === before) await new Promise(done => setTimeout(done, 10));
  await drawn();
  return {times, ranks, rest: performance.now() - performance.getEntriesByName('rest').at(-1).startTime};
}"""


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def launched(playwright: Any, *more: str) -> Any:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("chromium isn't installed: install it (Debian: apt-get install chromium)")
    return playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *more])


def thread_seconds(session: Any) -> float:
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def drag(playwright: Any, address: str, slider: str, whole: bool, steps: int = STEPS) -> dict[str, float]:
    """Move a slider in sight of the table; with `whole`, all cities are listed. All are ranked anew in any case."""
    browser = launched(playwright, *UNBOUND)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.locator("table.ranking tbody tr").first.wait_for()
    if whole:
        page.get_by_role("button", name="Show all").click()
    page.locator("table.ranking").evaluate("table => table.scrollIntoView()")
    page.wait_for_timeout(500)
    found = page.locator(f"input[type=range][name={slider}]")
    taken = found.evaluate(DRAG, {"steps": steps, "warm": WARM})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = thread_seconds(session)
    again = found.evaluate(DRAG, {"steps": steps, "warm": 0})
    spent = (thread_seconds(session) - before) / steps * 1000
    rows = page.locator("table.ranking tbody tr").count()
    browser.close()
    times, ranks = taken["times"], taken["ranks"]
    return {
        "rows": rows,
        "median_ms": statistics.median(times),
        "p95_ms": quantile(times, 0.95),
        "thread_ms": spent,
        "rest_ms": min(taken["rest"], again["rest"]),
        "rank_alone_median_ms": statistics.median(ranks),
        "rank_alone_p95_ms": quantile(ranks, 0.95),
    }


def first_table(playwright: Any, path: Path, times: int = 3) -> float:
    """Median milliseconds from opening the file to its first table, each in a new browser."""
    found = []
    for _ in range(times):
        browser = launched(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri(), wait_until="commit")
        page.locator("table.ranking tbody tr").first.wait_for()
        found.append(page.evaluate("performance.getEntriesByName('first table')[0].startTime"))
        browser.close()
    return statistics.median(found)


def measured(quick: bool = False) -> dict[str, Any]:
    """Everything that the benchmark prints; `quick` makes fewer steps and leaves the list of all cities out."""
    from playwright.sync_api import sync_playwright

    edition = open_edition()
    slider = edition.framework().sides()[0]
    httpd = server(site_files(edition))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{httpd.server_port}/"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "technopole.html"
        content = single_file(edition).encode()
        path.write_bytes(content)
        found = {
            "move": drag(playwright, address, slider, whole=False, steps=QUICK_STEPS if quick else STEPS),
            "move_all_listed": None if quick else drag(playwright, address, slider, whole=True),
            "first_table_ms": first_table(playwright, path, 1 if quick else 3),
            "file_bytes": len(content),
            "gzip_bytes": len(gzip.compress(content)),
        }
    httpd.shutdown()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="fewer steps, and not the list of all cities")
    asked = parser.parse_args()
    found = measured(asked.quick)
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    for key, title in (("move", "first 100 listed"), ("move_all_listed", "all listed")):
        one = found[key]
        if one is None:
            continue
        print(
            f"slider to drawn table, {title}: median {one['median_ms']:.1f} ms, p95 {one['p95_ms']:.1f} ms "
            f"(main thread {one['thread_ms']:.1f} ms; {one['rows']} rows)\n"
            f"  once it rests, until all of it is drawn: {one['rest_ms']:.0f} ms\n"
            f"  ranks alone (floor): median {one['rank_alone_median_ms']:.2f} ms, p95 {one['rank_alone_p95_ms']:.2f} ms"
        )
    print(
        f"first table of the exported file: {found['first_table_ms']:.0f} ms (at most {LIMITS['first_table_ms']:.0f})"
    )
    print(
        f"exported file: {found['file_bytes']:,} bytes, {found['gzip_bytes']:,} gzipped "
        f"(at most {LIMITS['gzip_bytes']:,})"
    )


if __name__ == "__main__":
    main()
