"""Debian's Chromium, which asks nobody but the service for anything, driven by Playwright."""

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
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@contextlib.contextmanager
def chromium() -> Iterator:
    """A browser that ends with the block; while it runs, this thread has an event loop of Playwright's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS), headless=True)
        try:
            yield running
        finally:
            running.close()
