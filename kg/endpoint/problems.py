"""The errors of the endpoint, and the table of all problems.

* EndpointError
    * LoadingError: an RDF file cannot be loaded
    * ProblemError: a request is not answered, for a reason that stands in PROBLEMS
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import ClassVar, NamedTuple

Value = str | int


class EndpointError(Exception):
    """Raised when the endpoint cannot do something; the base of its errors."""

    exit_code = 2
    """What a command ends with whose work it was."""


class LoadingError(EndpointError):
    """Raised when an RDF file cannot be loaded."""


class ProblemType(NamedTuple):
    """The HTTP status and words of a problem; ``{name}`` is a value."""

    status: HTTPStatus
    detail: str
    remedy: str


def problem_types(words: Mapping[HTTPStatus, Mapping[str, tuple[str, str]]]) -> dict[str, ProblemType]:
    """Return the problems of a table by status and name."""
    return {name: ProblemType(status, *texts) for status, rows in words.items() for name, texts in rows.items()}


_NOT_SPARQL = "The query is not valid SPARQL 1.1."
_OTHER_REGEX = "A regular expression would be read otherwise here than SPARQL says:"
_LIST_GRAPHS = "SELECT DISTINCT ?g { GRAPH ?g {} } lists those there are."
_WRITE_FLATTER = "Write it flatter: VALUES or IN for long lists, a property path for chains."
_SEND_AGAIN = "Send the same query again in {retry_after} seconds."

_WORDS: Mapping[HTTPStatus, Mapping[str, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: {
        "malformed": ("What came is not a request of HTTP/1.1.", "Send a request of HTTP/1.1."),
        "encoding": (
            "The request is not UTF-8: byte {byte} cannot be read.",
            "Encode the query in UTF-8 before any percent-encoding.",
        ),
        "encoding.percent": (
            "The percent-encoded bytes of the request are not UTF-8.",
            "Encode the query in UTF-8 before the percent-encoding.",
        ),
        "encoding.raw": (
            "The query string holds bytes that are not percent-encoded.",
            "Encode the query in UTF-8, then percent-encode it.",
        ),
        "no-query": ("There is no query in the request.", "Send it as the parameter 'query', or POST it."),
        "many-queries": ("There are {count} queries in the request.", "Send one query in each request."),
        "update": (
            "This is an update, and this service only reads.",
            "Send a query; to change the data, load the release into a store of your own.",
        ),
        "update.verb": (
            "{verb} changes data, and this service only reads.",
            (
                "Send a SELECT, ASK, CONSTRUCT or DESCRIBE query; to change the data, load the release into a store of "
                "your own."
            ),
        ),
        "graph-iri": (
            "The parameter '{parameter}' holds '{graph}', which is not an absolute IRI.",
            f"Give the whole IRI of the graph, percent-encoded once; {_LIST_GRAPHS}",
        ),
        "graph-parameter": (
            "The request names more than one graph.",
            "Ask for ?default, or for ?graph= and the IRI of a graph.",
        ),
        "graph-parameter.none": (
            "The request names no graph.",
            "Ask for ?default, or for ?graph= and the IRI of a graph.",
        ),
        "timeout-value": (
            "The parameter 'timeout' holds '{given}', which is not a number of seconds.",
            "Give a number, as in timeout=2.5; it can only lower the limit of the service, and 0 leaves that as it is.",
        ),
        "format": ("There is no format '{given}'.", "Take one of {types}, or a media type."),
        "syntax": (
            f"{_NOT_SPARQL} It was understood up to about line {{line}}, column {{column}}.",
            "Look at what stands just before that place.",
        ),
        "syntax.engine": (
            f"{_NOT_SPARQL} It was understood up to about line {{line}}, column {{column}}.",
            "{sentence}.",
        ),
        "syntax.form": (_NOT_SPARQL, "A query begins, after its prefixes, with SELECT, ASK, CONSTRUCT or DESCRIBE."),
        "syntax.prefix": (_NOT_SPARQL, "The prefix '{prefix}:' is not declared; begin with PREFIX {prefix}: <{iri}>."),
        "syntax.closing": (_NOT_SPARQL, "The '{mark}' in line {line}, column {column} closes nothing that is open."),
        "syntax.string": (_NOT_SPARQL, "The string that begins in line {line}, column {column} does not end."),
        "syntax.open": (_NOT_SPARQL, "There is no '{closing}' for the last '{mark}'."),
        "nesting": ("The query nests brackets deeper than {limit} levels.", _WRITE_FLATTER),
        "nesting.parser": ("The query nests its expressions too deep for the parser.", _WRITE_FLATTER),
        "service": (
            "The query uses SERVICE, and this service never calls another server.",
            (
                "Run it the other way round: on your own machine or on the other server, with this one in its SERVICE "
                "clause; or ask both and join the answers."
            ),
        ),
        "function": (
            "The query cannot be evaluated: {reason}.",
            "Use the functions of SPARQL 1.1; others are not known here.",
        ),
        "regex.subtraction": (
            f"{_OTHER_REGEX} '{{part}}' in a class of characters.",
            "Write the subtraction with two hyphens: [a-z--[aeiou]].",
        ),
        "regex.bracket": (f"{_OTHER_REGEX} '{{part}}' in a class of characters.", "Write \\\\[ for a bracket."),
        "regex.set": (
            f"{_OTHER_REGEX} '{{part}}' in a class of characters.",
            "Write each of these characters once, the hyphen last.",
        ),
        "regex.spaced": (
            f"{_OTHER_REGEX} '{{part}}' with the flag x.",
            "Leave the flag out, or write \\\\s for a space in a class and \\\\# for the mark.",
        ),
        "regex.group": (
            f"{_OTHER_REGEX} the reference '{{part}}' to a group.",
            "Write the words of the group again, or compare parts of the text with SUBSTR, STRBEFORE and STRAFTER.",
        ),
        "regex": (f"{_OTHER_REGEX} '{{part}}'.", "Write {instead}, with doubled backslashes."),
        "regex.block": (
            f"{_OTHER_REGEX} the block '{{part}}'.",
            "Write its first and last character: [\\\\u{0370}-\\\\u{03FF}]; or a script: \\\\p{Greek}.",
        ),
        "regex.replaced": (f"{_OTHER_REGEX} '{{part}}' in the replacement.", "Write {instead} there."),
        "rows": (
            "The answer has more than {limit} rows, the most that one answer may hold.",
            "Add a LIMIT (with ORDER BY and OFFSET to page), count instead of listing, or download the whole graph.",
        ),
        "bytes": (
            "The answer is larger than {limit} bytes, the most that one answer may hold.",
            "Add a LIMIT, ask for fewer variables, or download the whole graph.",
        ),
        "memory": (
            "The query needs more than {limit} bytes of memory, the most that one may have.",
            (
                "Ask for less: no ORDER BY, DISTINCT, GROUP BY or GROUP_CONCAT over a cross product; or load the "
                "download of the graph into a store of your own."
            ),
        ),
    },
    HTTPStatus.NOT_FOUND: {
        "no-graph": ("There is no graph <{graph}>.", _LIST_GRAPHS),
    },
    HTTPStatus.METHOD_NOT_ALLOWED: {
        "method": ("{method} is not a method of this address.", "Send the query with GET or POST."),
        "method.metrics": ("{method} is not a method of this address.", "Read the metrics with GET."),
    },
    HTTPStatus.NOT_ACCEPTABLE: {
        "accept": ("No answer can be sent as '{given}'.", "Accept one of {types}."),
        "accept.graph": ("No graph can be sent as '{given}'.", "Accept one of {types}."),
        "accept.kind": (
            "The answer to this kind of query cannot be sent in a media type that the request accepts.",
            "Accept one of {types}.",
        ),
        "shape": ("{reason}.", "Ask for JSON or Turtle instead."),
    },
    HTTPStatus.REQUEST_TIMEOUT: {
        "slow-body": ("The body of the request did not arrive within {limit} seconds.", "Send it again, all at once."),
    },
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {
        "too-large": (
            "The body of the request is larger than {limit} bytes, the most that is read.",
            "Send a shorter query.",
        ),
        "too-large.query": (
            "The query is longer than {limit} characters, the most that one query may have.",
            "Split it, or load the download of the graph into a store of your own.",
        ),
        "too-large.fields": ("The request has more than {limit} fields.", "Send fewer graphs."),
    },
    HTTPStatus.REQUEST_URI_TOO_LONG: {
        "too-long": (
            "The query string is longer than {limit} bytes, the most that is read.",
            "Send the query with POST.",
        ),
    },
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: {
        "media-type": (
            "The body came as '{given}'.",
            (
                "Set Content-Type to application/x-www-form-urlencoded (query=...) or to application/sparql-query "
                "(the query itself)."
            ),
        ),
        "media-type.none": (
            "The body came without a media type.",
            (
                "Set Content-Type to application/x-www-form-urlencoded (query=...) or to application/sparql-query "
                "(the query itself)."
            ),
        ),
        "charset": ("The body is declared as {charset}.", "Send it in UTF-8, the one encoding of the protocol."),
    },
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: {
        "long-header": (
            "The headers of the request are longer than {limit} bytes, the most that is read.",
            "Send fewer headers, or shorter ones.",
        ),
        "long-header.choices": (
            "Accept and the like are longer than {limit} bytes, the most that is read.",
            "Send fewer headers, or shorter ones.",
        ),
    },
    HTTPStatus.SERVICE_UNAVAILABLE: {
        "busy": ("The service is busy.", _SEND_AGAIN),
        "busy.connections": ("The service is busy: {count} connections are open.", _SEND_AGAIN),
        "busy.queue": ("The service is busy: {count} queries wait already.", _SEND_AGAIN),
        "busy.patience": ("The service is busy: no worker has been free for {seconds} seconds.", _SEND_AGAIN),
        "busy.lane": (
            "The service is busy: {count} queries of the {lane} lane are running, and others wait.",
            _SEND_AGAIN,
        ),
        "busy.release": ("The service is busy: another release is being loaded.", _SEND_AGAIN),
        "lost": (
            "The process that evaluated the query has ended: {reason}.",
            "Send the same query again; another process has taken its place.",
        ),
    },
    HTTPStatus.GATEWAY_TIMEOUT: {
        "timeout": (
            "The query was ended after {limit} s, the longest that it may take.",
            (
                "Ask for less: fewer patterns, a LIMIT without ORDER BY, no OPTIONAL or property path that is not "
                "needed; or load the download of the graph into a store of your own."
            ),
        ),
    },
}

PROBLEMS = problem_types(_WORDS)
"""Each problem by its name: its code, and for other words of the same code a dot and what differs."""


class ProblemError(EndpointError):
    """Raised when a request is not answered: why, and what to change.

    ``name`` is a key of ``types`` and ``code``, its part before the dot, is what clients are told.
    ``values`` fill the words in and are members of the problem document; ``words`` only fill in.
    """

    types: ClassVar[Mapping[str, ProblemType]] = PROBLEMS

    def __init__(self, name: str, words: Mapping[str, Value] | None = None, /, **values: Value) -> None:
        problem = self.types[name]
        self.name, self.code, self.status = name, name.partition(".")[0], int(problem.status)
        self.values, self.words = values, dict(words or {})
        self.detail, self.remedy = self.filled(problem.detail), self.filled(problem.remedy)
        super().__init__(f"{self.detail} {self.remedy}".rstrip())

    def filled(self, text: str, number: Callable[[int], str] = "{:,}".format) -> str:
        """Return a text with this problem's values; ``number`` writes numbers."""
        values = {**self.values, **self.words}

        def write(name: re.Match[str]) -> str:
            value = values.get(name[1], name[0])
            return number(value) if isinstance(value, int) else value

        return re.sub(r"\{(\w+)\}", write, text)

    def document(self) -> dict[str, Value]:
        """Return the problem document (RFC 9457)."""
        title = HTTPStatus(self.status).phrase
        return {"title": title, "status": self.status, "detail": str(self), "code": self.code, **self.values}
