"""Take screenshots of the pages in French, to look at them.

Each page is taken at the width of a phone and of a desk, in light and in dark.

    .venv/bin/python tests/browser/shots.py OUTDIR                    every page of routes.PAGES
    .venv/bin/python tests/browser/shots.py OUTDIR /timeline /en/     these paths only
    … --url http://127.0.0.1:8000/    of a service that runs already; else one is started over dist/
    … --light | --dark                one colour scheme only (every page has both otherwise)
    … --phone | --desk                one width only
    … --window                        what the window shows, not the whole page

The files are OUTDIR/<path>-<phone|desk>-<light|dark>.png; what went wrong on a page is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.chromium import DESK, PHONE, chromium
from browser.routes import PAGES
from faults.service import ROOT, service


@contextlib.contextmanager
def own_service() -> Iterator[str]:
    """Serve a copy of the last build and yield the address.

    Since it is a copy, a build under way changes nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in ("dist", "queries"):
            shutil.copytree(ROOT / name, Path(folder) / name)
        shutil.copytree(ROOT / "data", Path(folder) / "data")
        shutil.copy(ROOT / "kg.toml", folder)
        with service(Path(folder)) as served:
            yield served.address


def name_of(path: str) -> str:
    """Return a file name for a path, with hyphens between words."""
    return re.sub(r"\W+", "-", path).strip("-")[:80] or "home"


def shoot(running, address: str, path: str, file: Path, size: dict[str, int], scheme: str, *, whole: bool) -> None:
    """Save the picture of one page and print its complaints.

    These are messages of its console and requests to other hosts.
    """
    context = running.new_context(viewport=size, color_scheme=scheme, locale="fr-FR")
    page = context.new_page()
    page.on("console", lambda message: message.type in {"error", "warning"} and print(f"{path}: {message.text}"))
    page.on("pageerror", lambda error: print(f"{path}: {error}"))
    page.on("request", lambda asked: asked.url.startswith((address, "data:", "blob:")) or print(path, asked.url))
    page.goto(address + path.lstrip("/"), wait_until="networkidle")
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > size["width"]:
        print(f"{path}: {width} px wide in a window of {size['width']} px")
    page.screenshot(path=file, full_page=whole)
    context.close()


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description="screenshots of the pages")
    parser.add_argument("outdir", type=Path)
    parser.add_argument("paths", nargs="*", default=[page.path for page in PAGES])
    parser.add_argument("--url", help="address of a service that runs")
    for flag in ("--light", "--dark", "--phone", "--desk", "--window"):
        parser.add_argument(flag, action="store_true")
    chosen = parser.parse_intermixed_args()
    chosen.outdir.mkdir(parents=True, exist_ok=True)
    sizes = {name: size for name, size in (("phone", PHONE), ("desk", DESK)) if getattr(chosen, name)}
    schemes = [name for name in ("light", "dark") if getattr(chosen, name)]
    given = contextlib.nullcontext(chosen.url.rstrip("/") + "/") if chosen.url else own_service()
    with given as address, chromium() as running:
        for path, (width, size), scheme in itertools.product(
            chosen.paths, (sizes or {"phone": PHONE, "desk": DESK}).items(), schemes or ["light", "dark"]
        ):
            file = chosen.outdir / f"{name_of(path)}-{width}-{scheme}.png"
            shoot(running, address, path, file, size, scheme, whole=not chosen.window)
            print(file)


if __name__ == "__main__":
    main()
