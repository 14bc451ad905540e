"""Draw docs/explorer.png, the README's picture of the explorer: `python tests/browser/renew_screenshot.py`.

Needs the extra dev and Chromium. Light theme, the newest shipped edition as it opens; 256 colours, so that the file
stays small at one and a half pixels a point.
"""

from __future__ import annotations

import io
import shutil
import sys
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from technopole.editions.read import open_edition
from technopole.publish.explore import server, site_files

TARGET = Path(__file__).parents[2] / "docs" / "explorer.png"
MOST_BYTES = 300_000
SIZE = {"width": 1280, "height": 1180}


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("chromium isn't installed: install it (Debian: apt-get install chromium)")
    httpd = server(site_files(open_edition()))
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5, color_scheme="light", locale="en-GB")
        page.goto(f"http://127.0.0.1:{httpd.server_port}/")
        page.locator("table.ranking tbody tr").first.wait_for()
        # not every machine has letters for every script
        page.locator("#find").evaluate("field => { field.placeholder = 'Helsinki'; }")
        page.wait_for_timeout(500)
        shot = page.screenshot()
        browser.close()
    httpd.shutdown()
    content = io.BytesIO()
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        content, "PNG", optimize=True
    )
    if len(content.getvalue()) > MOST_BYTES:
        sys.exit(f"the picture has {len(content.getvalue()):,} bytes, more than {MOST_BYTES:,}: make SIZE smaller")
    TARGET.write_bytes(content.getvalue())
    print(f"{TARGET}: {len(content.getvalue()):,} bytes")


if __name__ == "__main__":
    main()
