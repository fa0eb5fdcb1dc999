"""The nodes of a YAML text, with their places in it; nesting has a limit."""

from __future__ import annotations

from typing import Any

import yaml

from kg.curate.documents import decode_utf8
from kg.model.errors import Problem

MAX_DEPTH = 50
"""Levels of nesting, far more than the form has; without a limit the C library ends the process."""

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = "tag:yaml.org,2002:null"


class _Loader(_BASE):  # type: ignore[misc]  # the base is chosen at run time
    """The loader of PyYAML, which tells it each level that it goes down or up."""

    depth = 0

    def descend_resolver(self, parent: Any, index: Any) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError("it is nested too deeply, the form never is")
        super().descend_resolver(parent, index)

    def ascend_resolver(self) -> None:
        self.depth -= 1
        super().ascend_resolver()


def compose(text: str) -> Any:
    """The root node of a YAML text, None where it is empty.

    Errors: yaml.YAMLError where it is no YAML or nested too deeply.
    """
    return yaml.compose(text, Loader=_Loader)


def read_nodes(data: bytes, shown: str, problems: list[Problem]) -> Any:
    """The root node of a YAML file, None where it is empty or is none; what is wrong is added to ``problems``."""
    text = decode_utf8(data, shown, problems)
    if text is None:
        return None
    try:
        return compose(text)
    except yaml.YAMLError as error:
        problems.append(yaml_problem(error, shown))
        return None


def is_blank(node: Any) -> bool:
    """Whether a node holds nothing: no words, or null."""
    return isinstance(node, yaml.ScalarNode) and (node.tag == _NULL or not node.value.strip())


def yaml_problem(error: yaml.YAMLError, shown: str) -> Problem:
    """What is wrong with the YAML of a file, and where."""
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    found = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).splitlines()[0]
    todo = "Correct the YAML; a text that holds ': ' or ' #' or begins with a sign goes between quotation marks."
    return Problem(shown, line, column, "yaml", f"invalid YAML: {found}", todo)
