"""The loader of YAML: fast, safe, and with a limit for nesting.

Without the limit the C library ends the process where a text is nested deeply.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from kg.model.messages import worded

MAX_DEPTH = 50
"""Levels of nesting, far more than annotations and headers have."""


@cache
def safe_loader() -> Any:
    """Return PyYAML's safe loader with a limit for nesting.

    YAML is imported here: the service starts without it.
    """
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]  # the base is chosen at run time
        depth = 0

        # PyYAML calls these two at each level that it goes down or up.
        def descend_resolver(self, parent: Any, index: Any) -> None:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise yaml.YAMLError(worded("it is nested too deeply, the form never is"))
            super().descend_resolver(parent, index)

        def ascend_resolver(self) -> None:
            self.depth -= 1
            super().ascend_resolver()

    return Loader
