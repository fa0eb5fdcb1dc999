"""Visits to pages in a browser, with every complaint recorded.

Complaints are requests to other hosts and messages of the console.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from browser.chromium import DESK

AXE = Path(__file__).resolve().parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
PATIENCE = 20_000
"""Milliseconds after which a step in the browser is given up."""

_HEAR = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI} in ${event.sourceFile}`));
"""


@dataclass
class Visitor:
    """A visitor that opens pages and keeps what they complain of.

    To begin a page is what is dear in a visit, so ``pages`` has those of the visits before, by language and script.
    """

    browser: Any
    served: str
    pages: dict[tuple[str, bool], Any]
    complaints: list[str] = field(default_factory=list)
    _opened: list[Any] = field(default_factory=list)
    _finished: list[Any] = field(default_factory=list)

    def open(
        self,
        path: str = "",
        *,
        language: str = "fr",
        size: dict[str, int] = DESK,
        scheme: str = "light",
        javascript: bool = True,
        first: bool = False,
    ) -> Any:
        """Open a path and return the loaded page.

        Nothing that a page stores is kept from the visits before, only the files that the browser has; not even
        these where it is a first visit.
        """
        page = self.pages.pop((language, javascript), None) or self._begin(language, javascript)
        self._opened.append((page, (language, javascript)))
        if first:
            page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, media="screen", reduced_motion="reduce")
        for event, hear in self._listeners.items():
            page.on(event, hear)
        page.goto(self.served + path.lstrip("/"), wait_until="load")
        return page

    def weigh(self) -> dict[str, int]:
        """Return the bytes of each response as sent, by address.

        What scripts asked for is left out.
        """
        loaded = [request for request in self._finished if request.resource_type not in {"fetch", "xhr"}]
        return {request.url: request.sizes()["responseBodySize"] for request in loaded}

    def close(self) -> None:
        """End all visits, and keep one page of each kind for the next ones."""
        for page, kind in self._opened:
            if kind in self.pages or page.is_closed():
                page.context.close()
                continue
            for event, hear in self._listeners.items():
                page.remove_listener(event, hear)
            page.unroute_all()
            self._forget(page)
            self.pages[kind] = page
        self._opened.clear()

    @property
    def _listeners(self) -> dict[str, Any]:
        """What listens to a page, by event."""
        return {"console": self._hear, "pageerror": self._fail, "request": self._look, "requestfinished": self._keep}

    def _begin(self, language: str, javascript: bool) -> Any:
        """Return a page in a context of its own."""
        locale = {"fr": "fr-FR", "en": "en-GB"}[language]
        context = self.browser.new_context(locale=locale, java_script_enabled=javascript)
        context.set_default_timeout(PATIENCE)
        if javascript:
            context.add_init_script(_HEAR)
        return context.new_page()

    def _forget(self, page: Any) -> None:
        """Remove what a page has stored, from an address whose answer runs and stores nothing."""
        origin = "/".join(self.served.split("/")[:3])
        page.goto(f"{self.served}static/style.css")
        page.context.clear_cookies()
        page.mouse.move(0, 0)
        session = page.context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        session.detach()

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")

    def _fail(self, error: Any) -> None:
        self.complaints.append(str(error))

    def _keep(self, request: Any) -> None:
        self._finished.append(request)

    def _look(self, request: Any) -> None:
        if not request.url.startswith((self.served, "data:", "blob:")):
            self.complaints.append(f"asks another host: {request.url}")


def axe(page: Any, *, only: str = "") -> list[str]:
    """Return what axe-core finds on the page, as rule and element.

    ``only`` names the one rule to run. The result is sorted.
    """
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    rules = {"type": "rule", "values": [only]} if only else {"type": "tag", "values": TAGS}
    found = page.evaluate(
        """async (runOnly) => {
          const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
          return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)}`));
        }""",
        rules,
    )
    return sorted(found)
