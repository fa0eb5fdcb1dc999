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

    Each page has a context of its own.
    """

    browser: Any
    served: str
    complaints: list[str] = field(default_factory=list)
    _contexts: list[Any] = field(default_factory=list)
    _finished: list[Any] = field(default_factory=list)

    def open(
        self,
        path: str = "",
        *,
        language: str = "fr",
        size: dict[str, int] = DESK,
        scheme: str = "light",
        javascript: bool = True,
    ) -> Any:
        """Open a path in a new context and return the loaded page.

        Nothing is kept from the visits before.
        """
        context = self.browser.new_context(
            viewport=size,
            color_scheme=scheme,
            locale={"fr": "fr-FR", "en": "en-GB"}[language],
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if javascript:
            context.add_init_script(_HEAR)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", self._look)
        page.on("requestfinished", self._keep)
        page.goto(self.served + path.lstrip("/"), wait_until="load")
        return page

    def weigh(self) -> dict[str, int]:
        """Return the bytes of each response as sent, by address.

        What scripts asked for is left out.
        """
        loaded = [request for request in self._finished if request.resource_type not in {"fetch", "xhr"}]
        return {request.url: request.sizes()["responseBodySize"] for request in loaded}

    def close(self) -> None:
        """End all visits."""
        for context in self._contexts:
            context.close()
        self._contexts.clear()

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")

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
