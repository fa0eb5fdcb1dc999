"""Run the checks: queries that must return nothing.

They say what SHACL Core cannot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolution, QuerySolutions, Store, Triple, Variable

from kg.graph.check_functions import Function, check_functions
from kg.model.errors import QueryError
from kg.model.iris import HOME, SH, curie
from kg.model.messages import worded
from kg.model.query_files import QueryFile

SHAPES = HOME + "shapes#"
"""The namespace of shapes; a check is one of them by its name, as ``shapes#check-two-graphs``."""

SPARQL_COMPONENT = SH + "SPARQLConstraintComponent"
SEVERITIES = ("violation", "warning", "hint")
HINT = "hint"
"""The severity of what is often right to ignore: hints are told when asked for and stand in no report."""

Term = NamedNode | BlankNode | Literal

_DIGITS = re.compile(r"([0-9]+)")
_PLACE = re.compile(r"\{\?(\w+)\}")


@dataclass(frozen=True)
class ValidationResult:
    """A breach of a shape or of a check (SHACL section 3.6.2)."""

    severity: str
    """``violation``, ``warning`` or ``hint``."""
    source: str
    """The IRI of the shape or of the check."""
    focus: Term
    path: NamedNode | None
    value: Term | None
    component: str
    """The IRI of the kind of constraint."""
    messages: Mapping[str, str] = field(hash=False)
    """What is wrong and what to do, by language."""

    @property
    def is_check(self) -> bool:
        """Whether a check found it, not a shape."""
        return self.component == SPARQL_COMPONENT

    @property
    def order(self) -> tuple[object, ...]:
        """What sorts results: violations first, then source, focus, path, value, words.

        Sentence 2 comes before sentence 10.
        """
        terms = (by_size(str(term)) for term in (self.focus, self.path, self.value))
        words = (part for pair in sorted(self.messages.items()) for part in pair)
        return SEVERITIES.index(self.severity), self.source, *terms, self.component, *words


def by_size(text: str) -> list[str | int]:
    """Return what sorts texts with the numbers in them by size."""
    return [int(part) if part.isdigit() else part for part in _DIGITS.split(text)]


def display_term(term: Term | Triple | None) -> str:
    """Return the term as people read it.

    That is ``initiative/lhss``, ``sr:targets``, or the words of a literal.
    """
    if not isinstance(term, NamedNode):
        return term.value if isinstance(term, Literal) else "" if term is None else str(term)
    iri = term.value
    return curie(iri) or iri.partition("/id/")[2] or iri


def check_iri(check: QueryFile) -> str:
    """Return the IRI of a check, whatever its number."""
    return f"{SHAPES}check-{check.slug}"


def run_checks(store: Store, checks: Sequence[QueryFile]) -> list[ValidationResult]:
    """Return the breaches that the checks find in a store.

    They see each graph of it alone, and all of them as one, and may call the functions of
    ``kg.graph.check_functions``.

    Errors: QueryError for a check without message or severity, or that is no SELECT with ``?focus``.
    """
    functions = check_functions(store)
    return [result for check in checks for result in _results(store, check, functions)]


def validate_checks(checks: Sequence[QueryFile]) -> list[QueryFile]:
    """Return the checks, each of which can be run.

    Errors: QueryError with every check that cannot.
    """
    wrong = []
    empty = Store()
    for check in checks:
        try:
            _results(empty, check, check_functions(empty))
        except QueryError as error:
            wrong.append(str(error))
    if wrong:
        raise QueryError("\n".join(wrong))
    return list(checks)


def _results(store: Store, check: QueryFile, functions: dict[NamedNode, Function]) -> list[ValidationResult]:
    """Return the breaches that one check finds."""
    _validate_header(check)
    try:
        rows = store.query(check.text, use_default_graph_as_union=True, custom_functions=functions)
    except SyntaxError as error:
        raise check.not_sparql(error) from None
    if not isinstance(rows, QuerySolutions) or Variable("focus") not in rows.variables:
        raise QueryError("{path}: the check is not a SELECT with ?focus. Write 'SELECT ?focus …'.", path=check.path)
    names = [variable.value for variable in rows.variables]
    return [_result(check, row, names) for row in rows]


def without_hints(checks: Sequence[QueryFile]) -> list[QueryFile]:
    """Return the checks that a release must pass or is warned by."""
    return [check for check in checks if check.header.get("severity") != HINT]


def hints(store: Store, checks: Sequence[QueryFile]) -> list[ValidationResult]:
    """Return what the checks for hints find, in order.

    Nothing of it need be wrong: a curator looks through it once, and no release tells it.
    """
    asked = [check for check in checks if check.header.get("severity") == HINT]
    return sorted(run_checks(store, asked), key=lambda result: result.order)


def _validate_header(check: QueryFile) -> None:
    """Refuse a check without message or severity."""
    if "message" not in check.header:
        raise QueryError(
            "{path}:1: the check has no message. Add '#+ message:' with fr and en below it.", path=check.path
        )
    if check.header.get("severity") not in SEVERITIES:
        todo = worded("Add '#+ severity: violation', 'warning' or 'hint'.")
        raise QueryError("{path}:1: the check has no severity. {todo}", path=check.path, todo=todo)


def _result(check: QueryFile, row: QuerySolution, names: Sequence[str]) -> ValidationResult:
    """Return the result of a row, its terms in the messages."""
    terms = {name: row[name] for name in names}
    words = {name: display_term(term) for name, term in terms.items()}

    def fill(template: str) -> str:
        return _PLACE.sub(lambda place: words.get(place[1], place[0]), template)

    focus, path, value = terms["focus"], terms.get("path"), terms.get("value")
    if focus is None or isinstance(focus, Triple):
        raise QueryError(
            "{path}: a row of the check has no ?focus. Let every row say where the breach is.", path=check.path
        )
    return ValidationResult(
        severity=check.header["severity"],
        source=check_iri(check),
        focus=focus,
        path=path if isinstance(path, NamedNode) else None,
        value=None if isinstance(value, Triple) else value,
        component=SPARQL_COMPONENT,
        messages={tag: fill(template) for tag, template in check.header["message"].items()},
    )
