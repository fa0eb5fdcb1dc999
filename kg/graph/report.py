"""The report of validation, and its forms: Turtle, JSON and text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.graph.constraints import Term, ValidationResult, display_term
from kg.model.iris import SH, XSD
from kg.model.messages import N_, N_plural, translate, translate_plural


@dataclass(frozen=True)
class ValidationReport:
    """The results of validation, with the number of shapes and checks."""

    results: tuple[ValidationResult, ...]
    shapes: int
    checks: int

    @property
    def violations(self) -> int:
        """How many results are violations."""
        return sum(result.severity == "violation" for result in self.results)

    @property
    def warnings(self) -> int:
        """How many results are warnings."""
        return len(self.results) - self.violations

    @property
    def conforms(self) -> bool:
        """Whether the graph may be released; warnings do not stop it."""
        return not self.violations


def report_turtle(report: ValidationReport, base: str) -> str:
    """Return the report as a sh:ValidationReport in Turtle.

    Its nodes are named ``<base>validation`` and ``<base>validation/1``, ``…/2``.
    sh:conforms is true only without any result (SHACL section 3.6.1); whether the release may go out is
    ``Report.conforms``.
    """
    names = [f"<{base}validation/{number}>" for number in range(1, len(report.results) + 1)]
    lines = [f"@prefix sh: <{SH}> .", ""]
    lines.append(f"<{base}validation> a sh:ValidationReport ;")
    lines.append(f"    sh:conforms {'false' if names else 'true'}" + (" ;" if names else " ."))
    if names:
        lines.append("    sh:result " + " ,\n        ".join(names) + " .")
    for name, result in zip(names, report.results, strict=True):
        lines += ["", *_result_lines(name, result, base)]
    return "\n".join(lines) + "\n"


def _result_lines(name: str, result: ValidationResult, base: str) -> list[str]:
    """Return the lines of a result."""
    source = "sh:sourceConstraint" if result.is_check else "sh:sourceShape"
    lines = [
        f"{name} a sh:ValidationResult ;",
        f"    sh:resultSeverity sh:{result.severity.capitalize()} ;",
        f"    sh:focusNode {_node(result.focus, base)} ;",
    ]
    if result.path:
        lines.append(f"    sh:resultPath {result.path} ;")
    if result.value is not None:
        lines.append(f"    sh:value {_node(result.value, base)} ;")
    messages = [str(Literal(text, language=tag)) for tag, text in _in_order(result.messages)]
    if messages:
        lines.append("    sh:resultMessage " + " ,\n        ".join(messages) + " ;")
    lines.append(f"    {source} <{result.source}> ;")
    lines.append(f"    sh:sourceConstraintComponent <{result.component}> .")
    return lines


def _in_order(messages: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the messages by language, French before English."""
    return sorted(messages.items(), reverse=True)


def _node(term: Term, base: str) -> str:
    """Return the term in Turtle.

    A blank node gets a well-known IRI (RDF 1.1 Concepts, section 3.5).
    """
    return f"<{base}.well-known/genid/{term.value}>" if isinstance(term, BlankNode) else str(term)


def report_json(report: ValidationReport) -> str:
    """Return the report as JSON.

    Values are written as in SPARQL 1.1 Query Results JSON.
    """
    rows = [
        {
            "severity": result.severity,
            "source": result.source,
            "focus": _json(result.focus)["value"],
            "path": result.path.value if result.path else None,
            "value": None if result.value is None else _json(result.value),
            "component": result.component,
            "messages": dict(_in_order(result.messages)),
        }
        for result in report.results
    ]
    table = {
        "conforms": report.conforms,
        "violations": report.violations,
        "warnings": report.warnings,
        "shapes": report.shapes,
        "checks": report.checks,
        "results": rows,
    }
    return json.dumps(table, ensure_ascii=False, indent=2) + "\n"


def _json(term: Term) -> dict[str, Any]:
    """Return the term as SPARQL 1.1 Query Results JSON writes it."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    datatype = {} if term.datatype.value == XSD + "string" else {"datatype": term.datatype.value}
    return {"type": "literal", "value": term.value, **datatype}


_SEVERITIES = {"violation": N_("Violation"), "warning": N_("Warning"), "hint": N_("Hint")}
_CONCLUSIONS = {True: N_("The graph conforms"), False: N_("The graph does not conform")}
_COUNTS = {
    "violations": N_plural("{n} violation", "{n} violations"),
    "warnings": N_plural("{n} warning", "{n} warnings"),
    "shapes": N_plural("{n} shape", "{n} shapes"),
    "checks": N_plural("{n} check", "{n} checks"),
}


PlaceOf = Callable[[ValidationResult], str]
"""Returns where what is wrong is written (``file:line:column``), nothing where that is not known."""


def report_text(report: ValidationReport, language: str = "fr", place_of: PlaceOf = lambda _: "") -> str:
    """Return the report as text: results with messages, then a summary."""
    counts: dict[str, str] = {}
    for name, (one, many) in _COUNTS.items():
        count = getattr(report, name)
        counts[name] = translate_plural(one, many, count, language, n=count)
    conclusion = translate(_CONCLUSIONS[report.conforms], language)
    end = N_("{conclusion}: {violations}, {warnings} ({shapes}, {checks}).")
    summary = translate(end, language, conclusion=conclusion, **counts)
    return f"{results_text(report.results, language, place_of)}{summary}\n"


def results_text(results: Iterable[ValidationResult], language: str = "fr", place_of: PlaceOf = lambda _: "") -> str:
    """Return results with their messages, three lines each."""
    lines = []
    for result in results:
        severity = translate(_SEVERITIES[result.severity], language)
        place = place_of(result)
        about = " · ".join(part for part in map(display_term, (result.focus, result.path, result.value)) if part)
        lines.append(f"{place}{': ' if place else ''}{severity} · {about}")
        messages = dict(_in_order(result.messages))
        lines.append(f"    {messages.get(language) or next(iter(messages.values()), result.component)}")
        lines.append(f"    {display_term(NamedNode(result.source))}")
    return "".join(f"{line}\n" for line in lines)
