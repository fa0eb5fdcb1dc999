"""Read YAML as nodes with their places, and write YAML scalars."""

from __future__ import annotations

from typing import Any

import yaml

from kg.curate.documents import decode_utf8
from kg.model.errors import Problem

MAX_DEPTH = 50
"""Levels of nesting, far more than annotations have; without a limit the C library ends the process."""

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = "tag:yaml.org,2002:null"


class _Loader(_BASE):  # type: ignore[misc]  # the base is chosen at run time
    """The loader of PyYAML with a limit for nesting."""

    depth = 0

    # PyYAML calls these two at each level that it goes down or up.
    def descend_resolver(self, parent: Any, index: Any) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError("it is nested too deeply, the form never is")
        super().descend_resolver(parent, index)

    def ascend_resolver(self) -> None:
        self.depth -= 1
        super().ascend_resolver()


def compose(text: str) -> Any:
    """Return the root node of a YAML text, None if empty.

    Errors: yaml.YAMLError where it is no YAML or nested too deeply.
    """
    return yaml.compose(text, Loader=_Loader)


def read_nodes(data: bytes, shown_path: str, problems: list[Problem]) -> Any:
    """Return the root node of a YAML file, if it has one.

    What is wrong is added to ``problems``; ``shown_path`` is the name of the file in messages.
    """
    text = decode_utf8(data, shown_path, problems)
    if text is None:
        return None
    try:
        return compose(text)
    except yaml.YAMLError as error:
        problems.append(_problem(error, shown_path))
        return None


def is_blank(node: Any) -> bool:
    """Return whether a node holds nothing: no words, or null."""
    return isinstance(node, yaml.ScalarNode) and (node.tag == _NULL or not node.value.strip())


def yaml_scalar(words: str) -> str:
    """Return the words as a YAML scalar on one line."""
    style = '"' if len(words.splitlines()) > 1 else None
    dumped = str(yaml.safe_dump(words, allow_unicode=True, width=10**9, default_style=style))
    return dumped.removesuffix("\n").removesuffix("\n...")


def _problem(error: yaml.YAMLError, shown_path: str) -> Problem:
    """Return what is wrong with the YAML of a file, and where."""
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    todo = "Correct the YAML; a text that holds ': ' or ' #' or begins with a sign goes between quotation marks."
    return Problem(shown_path, line, column, "yaml", f"invalid YAML: {message}", todo)
