"""The errors of the package, one tree.

* KgError
    * ProjectError: the project folder or its ``kg.toml`` cannot be used
    * InputError: texts, annotations or ontology hold problems, all listed at once
    * FileError: a file cannot become a document
    * NotValidError: the graph breaks a shape or a check
    * QueryError: a query cannot be read or answered
    * ReleaseError: a release cannot be written, found or read
    * RemoteError: another server did not do what was asked

Each message says what is wrong, where, and what to do next. The library raises; ``kg.cli`` and
``kg.pages`` translate, once each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from kg.model.messages import worded, worded_plural


class KgError(Exception):
    """The base of all errors: the package cannot do what was asked.

    It takes a message and its values, and words them in the language of the terminal.
    """

    exit_code = 2

    def __init__(self, message: str = "", /, **values: object) -> None:
        super().__init__(worded(message, **values) if message else "")


class ProjectError(KgError):
    """Raised when the project folder or its ``kg.toml`` cannot be used."""


class FileError(KgError):
    """Raised when a file cannot become a document of the project."""


class QueryError(KgError):
    """Raised when a query cannot be read or answered."""


class ReleaseError(KgError):
    """Raised when a release cannot be written, found or read."""


class RemoteError(KgError):
    """Raised when another server did not do what was asked."""


class NotValidError(KgError):
    """Raised when the graph breaks a shape or a check.

    Nothing is released then.
    """

    exit_code = 1


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in an input file, and what to do about it.

    ``line`` and ``column`` count from 1; 0 means the whole file.
    """

    file: str
    line: int
    column: int
    code: str
    found: str
    todo: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        lines = [f"{place}: {self.found}" if place else self.found]
        lines += [f"    {line}" for line in self.todo.splitlines()]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str | int]:
        """Return the problem as a JSON object."""
        return asdict(self)


class InputError(KgError):
    """Raised when input files hold problems; carries all of them in order."""

    exit_code = 1

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = len(self.problems)
        end = worded_plural(
            "{count} problem; nothing was written.", "{count} problems; nothing was written.", count, count=count
        )
        super().__init__("\n".join([*map(str, self.problems), end]))
