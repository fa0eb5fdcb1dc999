"""Debian's Chromium, driven by Playwright.

It sends requests to the service only, never to other hosts by itself.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    # one site alone is visited: nothing has to be kept from it, and no process is begun in advance
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process,SpareRendererForSitePerProcess",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@contextlib.contextmanager
def chromium() -> Iterator:
    """Run a browser that ends with the block.

    While it runs, this thread has the event loop of Playwright.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS), headless=True)
        try:
            yield running
        finally:
            running.close()
