"""What ``behaviour.py`` asks a service for: right, wrong and in every form.

A catalogue is a function that yields requests; what they name is found in the data of the service, not fixed here.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import itertools
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin

ANSWER_SECONDS = 30
"""Longest time that a response may take."""

NO_ANSWER = "no answer"
"""How the status of what was never answered begins."""

HTML, JSON, TURTLE = "text/html", "application/json", "text/turtle"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
ENDINGS = (".ttl", ".nt", ".jsonld", ".rdf")

DROPPED = {"date"}
"""Headers that tell the time of the response."""

SELECT = "SELECT ?type (COUNT(?thing) AS ?n) WHERE { ?thing a ?type } GROUP BY ?type ORDER BY DESC(?n) ?type LIMIT 8"
ASK = "ASK { ?thing a ?type }"
CONSTRUCT = """PREFIX sr: <https://w3id.org/social-response/ontology#>
CONSTRUCT { ?who sr:targets ?whom } WHERE { ?who sr:targets ?whom }"""
BROKEN = "SELECT * WHERE { ?s ?p "


@dataclass(frozen=True)
class Ask:
    """A request; ``raw`` is sent as it is instead.

    One that is ``held`` is sent by a client that has the response already, and names its ETag.
    """

    path: str = ""
    accept: str = ""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    held: bool = False
    raw: bytes = b""

    @property
    def label(self) -> str:
        """Return what names the request in a record."""
        if self.raw:
            return f"RAW {brief(self.raw.decode('latin-1'))}"
        given = [("Accept", self.accept)] if self.accept else []
        given += [("If-None-Match", "its ETag")] if self.held else []
        told = "".join(f" [{name}: {brief(value)}]" for name, value in (*given, *self.headers))
        return f"{self.method} {brief(self.path)}{told}{f' {brief(self.body.decode())}' if self.body else ''}"


def brief(text: str) -> str:
    """Return a text on one line, ended by a digest where long."""
    line = text.replace("\r", "␍").replace("\n", "␊")
    return line if len(line) <= 300 else f"{line[:200]}…{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return the value of a header; empty where it is missing."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def plain(self) -> bytes:
        """Return the body without the coding, where it is known here."""
        return gzip.decompress(self.body) if self.header("content-encoding") == "gzip" and self.body else self.body

    def fields(self) -> dict[str, str | bytes]:
        """Return what a record keeps."""
        headers: dict[str, list[str]] = {}
        for name, value in self.headers:
            headers.setdefault(name.lower(), []).append(value)
        told = {f"header {name}": " ¦ ".join(values) for name, values in headers.items() if name not in DROPPED}
        return {"status": self.status, **told, "body": self.plain}


@dataclass
class Service:
    """A service that runs, and what there is to ask it for."""

    name: str
    port: int
    root: Path
    assets: set[str] = field(default_factory=set)

    def send(self, ask: Ask) -> Answer:
        """Return the response to a request, or that there was none."""
        try:
            return self._sent(ask)
        except (OSError, http.client.HTTPException) as error:
            return Answer(f"{NO_ANSWER}: {type(error).__name__}", (), b"")

    def _sent(self, ask: Ask) -> Answer:
        if ask.raw:
            return self._send_raw(ask.raw)
        if ask.held:
            tag = self._sent(replace(ask, held=False)).header("etag")
            headers = (*ask.headers, ("If-None-Match", tag)) if tag else ask.headers
            return self._sent(replace(ask, held=False, headers=headers))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.putrequest(ask.method, ask.path, skip_accept_encoding=True)
            for name, value in ((("Accept", ask.accept),) if ask.accept else ()) + ask.headers:
                connection.putheader(name, value)
            if ask.body or ask.method == "POST":
                connection.putheader("Content-Length", str(len(ask.body)))
            connection.endheaders(ask.body or None)
            response = connection.getresponse()
            return Answer(f"{response.status} {response.reason}", tuple(response.getheaders()), response.read())
        finally:
            connection.close()

    def _send_raw(self, data: bytes) -> Answer:
        """Return all that comes back to bytes, as a body."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            came = b"".join(iter(lambda: connection.recv(65_536), b""))
        return Answer("", (), re.sub(rb"(?im)^date: .*\r\n", b"", came))

    def rows(self, query: str) -> list[dict[str, str]]:
        """Return the rows of a SELECT."""
        answer = self.send(Ask(f"/sparql?query={quote(query)}", "application/sparql-results+json"))
        found = json.loads(answer.body)["results"]["bindings"]
        return [{name: term["value"] for name, term in row.items()} for row in found]

    def links(self, path: str) -> list[str]:
        """Return the addresses that a page links to, in their order."""
        text = self.send(Ask(path, HTML)).body.decode().replace("&amp;", "&")
        found = (urljoin(path, link) for link in re.findall(r'(?:href|src)="([^"#]+)"', text))
        return list(dict.fromkeys(link for link in found if link.startswith("/")))


def in_all_forms(path: str) -> Iterator[Ask]:
    """Yield requests for programs, and for readers of both languages."""
    yield Ask(path, JSON)
    yield Ask(path, HTML)
    yield Ask(f"/en{path}", HTML)


def in_both_languages(path: str) -> Iterator[Ask]:
    """Yield the requests of a browser in both languages."""
    yield Ask(path, BROWSER)
    yield Ask(f"/en{path}", BROWSER)


def again(path: str, accept: str) -> Iterator[Ask]:
    """Yield requests of those who have the response already, whole or coded."""
    yield Ask(path, accept, held=True)
    yield Ask(path, accept, headers=(("Accept-Encoding", "gzip"),), held=True)


@dataclass(frozen=True)
class Known:
    """What there is in the data of a service."""

    description: dict
    base: str
    ids: tuple[str, ...]
    gone: tuple[str, ...]
    segments: tuple[str, ...]
    graphs: tuple[str, ...]
    files: tuple[str, ...]
    versions: tuple[str, ...]
    documents: tuple[str, ...]
    examples: tuple[Path, ...]

    @property
    def usual(self) -> str:
        """Return the id of an initiative."""
        return next(id_ for id_ in self.ids if id_.startswith("initiative/"))


ENDS = """SELECT ?class (MIN(STR(?thing)) AS ?one) (MAX(STR(?thing)) AS ?other)
WHERE { ?thing a ?class FILTER(CONTAINS(STR(?thing), "/id/")) } GROUP BY ?class ORDER BY ?class"""
GONE = "SELECT ?thing { ?thing <http://www.w3.org/2002/07/owl#deprecated> true } ORDER BY ?thing"
SEGMENTS = "SELECT DISTINCT ?s { ?c <https://w3id.org/social-response/ontology#idSegment> ?s } ORDER BY ?s"
GRAPHS = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"


def know(service: Service) -> Known:
    """Find out what there is to ask a service for."""

    def id_of(iri: str) -> str:
        return iri.partition("/id/")[2]

    manifest = json.loads(service.send(Ask("/reconcile", JSON)).body)
    found = [id_of(row[name]) for row in service.rows(ENDS) for name in ("one", "other") if name in row]
    ids = tuple(dict.fromkeys(found))
    releases = service.root / "releases"
    dist = service.root / "dist"
    return Known(
        description=json.loads(service.send(Ask("/openapi.json")).body),
        base=manifest["identifierSpace"].removesuffix("id/"),
        ids=ids,
        gone=tuple(id_of(row["thing"]) for row in service.rows(GONE)),
        segments=(*(row["s"] for row in service.rows(SEGMENTS)), "passage"),
        graphs=tuple(row["g"] for row in service.rows(GRAPHS)),
        files=tuple(path.relative_to(dist).as_posix() for path in sorted(dist.rglob("*")) if path.is_file()),
        versions=tuple(path.name for path in sorted(releases.iterdir())) if releases.is_dir() else ("0.1.0",),
        documents=tuple(path.name for path in sorted(service.root.glob("data/*/"))),
        examples=tuple(sorted(service.root.glob("queries/examples/*.rq"))),
    )


def of_routes(_: Service, known: Known) -> Iterator[Ask]:
    """Yield each route of the description in each form that it offers."""
    filled = fillings(known)
    for route, operations in known.description["paths"].items():
        path, *others = filled.get(route, [re.sub(r"\{\w+\}", "x", route)])
        operation = operations["get"]
        for accept in ("", *offered(known.description, operation), HTML, BROWSER, JSON, "image/png", "text/*;q=0.5"):
            yield Ask(path, accept)
        for method in ("HEAD", "OPTIONS", "DELETE", "PUT", "POST", "PATCH"):
            yield Ask(path, JSON, method)
        yield Ask(path, HTML, "DELETE")
        for method, accept in (("GET", ""), ("GET", HTML), ("HEAD", ""), ("DELETE", HTML)):
            yield Ask(f"/en{path}", accept, method)
        yield Ask(path, HTML, headers=(("Accept-Encoding", "gzip"),))
        yield from again(path, "")
        yield from again(path, HTML)
        for other in others:
            yield from in_all_forms(other)
        for given in parameters(known.description, operation):
            yield from with_values(path, given["name"], known)


def fillings(known: Known) -> dict[str, list[str]]:
    """Return addresses by the routes of the description that have parameters."""
    ids = [known.usual, *known.gone, "initiative/no-such-thing", "nothing"]
    versions = [*known.versions, "9.9.9"]
    pairs = [*itertools.pairwise(known.versions), (known.versions[-1], known.versions[-1]), ("9.9.9", "0.1.0")]
    return {
        "/graph/{name}": [*(f"/graph/{each.rpartition('/graph/')[2]}" for each in known.graphs), "/graph/no-such"],
        "/ontology/{name}": [f"/ontology/{each}" for each in ("0.1.0", "0.1.0.ttl", "0.1.0.rdf", "9.9.9", "9.9.9.nt")],
        "/id/{name}": [f"/id/{each}" for each in ids],
        "/doc/{name}": [f"/doc/{each}" for each in ids],
        "/download/{name}": [*(f"/download/{each}" for each in known.files), "/download/nothing.ttl", "/download/"],
        "/releases/{version}": [f"/releases/{each}" for each in versions],
        "/releases/{version}/{name}": [
            f"/releases/{version}/{name}" for version in versions for name in ("things.ttl", "SHA256SUMS", "nothing")
        ],
        "/releases/{old}/changes/{new}": [
            f"/releases/{old}/changes/{new}{ending}" for old, new in pairs for ending in ("", ".rdfp")
        ],
        "/sitemap-{number}.xml": [f"/sitemap-{number}.xml" for number in (0, 1, 999)],
    }


def resolved(description: dict, node: dict) -> dict:
    """Return what a node of the description stands for."""
    while "$ref" in node:
        target = description
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def offered(description: dict, operation: dict) -> list[str]:
    """Return the media types that an operation answers with."""
    return list(resolved(description, operation["responses"].get("200", {})).get("content", ()))


def parameters(description: dict, operation: dict) -> list[dict]:
    """Return the query parameters of an operation."""
    every = (resolved(description, each) for each in operation.get("parameters", ()))
    return [each for each in every if each["in"] == "query"]


VALUES: Mapping[str, Sequence[str]] = {
    "format": ("json", "csv", "xml", "turtle", "ntriples", "jsonld", "rdfxml", "html", "text/csv", "nothing"),
    "page": ("1", "2", "0", "999", "-1", "x", "٣"),
    "kind": ("Initiative", "Crisis", "Nothing"),
    "q": ("abri", "vélo", "jeunes majeurs", "homeless people", "xyzzy", "", "<b>&\"'"),
    "prefix": ("init", "per", "é", "", "xyzzy"),
    "cursor": ("0", "3", "99999", "-1", "x"),
    "type": ("Initiative", "Crisis", "Nothing", ""),
    "limit": ("1", "0", "-1", "x"),
    "callback": ("f", "a.b$", "1+1", "alert(1)"),
    "queries": ('{"q0": {"query": "abri"}}', "{", "[]", "{}"),
    "extend": ("{", "[]", '{"ids": [], "properties": []}'),
    "default": ("", "x"),
    "timeout": ("1", "0", "x"),
    "query": (ASK, BROKEN),
}
"""Values of query parameters by name: sensible ones, some at the edge and wrong ones."""


def with_values(path: str, name: str, known: Known) -> Iterator[Ask]:
    """Yield an address with each value of a query parameter."""
    own = {
        "id": (known.usual, f"{known.base}id/{known.usual}", *known.gone, "nothing", ""),
        "graph": (*known.graphs[:2], "urn:x:nothing", "relative", ""),
        "default-graph-uri": (known.graphs[0], "urn:x:nothing", "relative"),
        "named-graph-uri": (known.graphs[0], "relative"),
    }
    for value in own.get(name) or VALUES.get(name, ("x",)):
        address = f"{path}?{urlencode({name: value})}"
        yield from in_all_forms(address) if name != "format" else [Ask(address), Ask(address, HTML)]


def of_things(_: Service, known: Known) -> Iterator[Ask]:
    """Yield two things of each class, withdrawn and missing ones."""
    for id_ in (*known.ids, *known.gone):
        path = f"/doc/{quote(id_)}"
        yield from in_both_languages(path)
        yield Ask(path, TURTLE)
        yield Ask(path, "application/ld+json")
        yield Ask(f"/reconcile/preview?id={quote(id_)}", HTML)
    for id_ in (known.usual, *known.gone, "initiative/la-cornich", "a/b/c", "initiative/", "é/à", "x%00y", "%2e%2e/x"):
        path = f"/doc/{quote(id_, safe='/%')}"
        for ending in ("", ".html", *ENDINGS, ".xyz"):
            yield Ask(path + ending)
            yield Ask(path + ending, HTML)
        yield from in_all_forms(f"/id/{quote(id_, safe='/%')}")
        yield Ask(f"{path}?page=2", HTML)
        yield Ask(f"{path}?page=x", HTML)


PAGES = (
    *("/", "/?lang=fr", "/?lang=en", "/things", "/examples", "/timeline", "/timeline?page=2", "/timeline?page=0"),
    *("/timeline.svg", "/download/", "/releases", "/ontology", "/shapes", "/validation", "/validation/1", "/catalog"),
    *("/validation/99", "/validation/x", "/search", "/sparql", "/text/no-such-text", "/feed", "/citation.bib"),
    *("/examples/no-such-example", "/health", "/health/live", "/robots.txt", "/sitemap.xml", "/context.jsonld"),
    *("/.well-known/void", "/.well-known/sparql-examples", "/things/no-such-kind", "/citation.cff"),
)
"""Addresses that every service has, or refuses."""


def of_pages(_: Service, known: Known) -> Iterator[Ask]:
    """Yield the pages that are not about one thing."""
    for path in PAGES:
        yield from in_both_languages(path)
        yield Ask(path, JSON)
    for path in ("/ontology", "/shapes", "/validation", "/catalog"):
        for ending in (*ENDINGS, ".xyz"):
            yield Ask(path + ending, HTML)
    for document in known.documents:
        path = f"/text/{document}"
        for given in ("", "?part=2", "?part=0", "?part=999", "?part=x", "?kind=crisis", "?kind=x", "?at=500", "?at=x"):
            yield from in_both_languages(path + given)
        yield Ask(path, JSON)
    for english in ("en", "fr;q=0.5,en", "de,en;q=0.5,fr;q=0.6", "*"):
        yield Ask("/", HTML, headers=(("Accept-Language", english),))
    for coding in ("gzip", "zstd", "br", "gzip;q=0.1, zstd", "identity;q=0, *"):
        for path in ("/", "/health", f"/sparql?query={quote(SELECT)}", "/download/things.ttl", "/static/style.css"):
            yield Ask(path, HTML if path == "/" else "", headers=(("Accept-Encoding", coding),))


LIST_PARAMETERS = (
    *("sort=name", "sort=-name", "sort=respondsTo", "sort=-targets", "sort=nothing", "page=0", "page=2", "page=999"),
    *("page=x", "from=2015&to=2018", "from=2019", "to=abc", "class=Initiative", "nothing=x", "targets=nothing"),
    *("targets=%20", "open=targets", "dct:type=type-initiative/service", "respondsTo=situation/gilets-jaunes"),
    *("sort=name&page=2", "", "x", "&".join(f"targets=public/{n}" for n in range(20))),
)
"""Choices of a list: filters, orders, years and pages that there are, and that there are not."""


def of_lists(service: Service, known: Known) -> Iterator[Ask]:
    """Yield the lists of things, whole and chosen from."""
    for segment in known.segments:
        path = f"/things/{segment}"
        yield from in_all_forms(path)
        chosen = [link for link in service.links(path) if link.startswith(f"{path}?")]
        for link in chosen[:: max(1, len(chosen) // 3)]:
            yield Ask(link, HTML)
    for given in LIST_PARAMETERS:
        yield from in_all_forms(f"/things/initiative?{given}")


QUERIES = (
    *(SELECT, ASK, CONSTRUCT, BROKEN, "", " ", "SELECT * { ?s foaf:name ?o }", "SELECT * { ?s ?p 'x }"),
    *("SELECT * { ?s ?p ?o }}", "SELEKT * {}", "ASK { ?s ?p ?o", "SELECT (<urn:f>(1) AS ?x) {}"),
    *("SELECT * { SERVICE <https://example.org/sparql> { ?s ?p ?o } }", "INSERT DATA { <urn:a> <urn:b> <urn:c> }"),
    *("SELECT (STRLEN(STR(NOW())) > 1 AS ?x) (RAND() < 2 AS ?y) {}", "SELECT ('é’\U0001f3e0' AS ?x) (1/0 AS ?y) {}"),
    *("# nothing\nASK {}", "SELECT ?x { VALUES ?x { 1 2.5 'a' 'b'@fr <urn:c> true } }", "ASK { FILTER(false) }"),
    *("DESCRIBE <https://w3id.org/social-response/ontology#Crisis>", "CONSTRUCT { <a b> <c> 1 } WHERE {}"),
    *("CONSTRUCT { <rel> <urn:p> 'x'@fr, 1, [] } WHERE {}", "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 120"),
    *("ASK { FILTER(" + "(" * 200 + "1" + ")" * 200 + ") }", "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"),
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
)
"""Queries of each form, and such as are refused for every reason."""

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER(?c > ?f && ?f > ?i) }"
RESULTS = ("application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values")


def of_queries(_: Service, known: Known) -> Iterator[Ask]:
    """Yield queries in all the ways of the protocol."""
    for query in QUERIES:
        path = f"/sparql?{urlencode({'query': query})}"
        yield from in_all_forms(path)
        yield Ask(path)
        yield Ask("/sparql", JSON, "POST", (("Content-Type", FORM),), urlencode({"query": query}).encode())
        yield Ask("/sparql", TURTLE, "POST", (("Content-Type", DIRECT),), query.encode())
    for accept in (*RESULTS, TURTLE, "application/n-triples", "application/ld+json", "application/rdf+xml"):
        for query in (SELECT, ASK, CONSTRUCT):
            yield Ask(f"/sparql?{urlencode({'query': query})}", accept)
            yield Ask(f"/sparql?{urlencode({'query': query, 'format': accept})}")
    for example in known.examples:
        query = example.read_text("utf-8")
        yield Ask(f"/sparql?{urlencode({'query': query})}", "text/csv")
        yield Ask(f"/sparql?{urlencode({'query': query})}", HTML)
        yield Ask(f"/en/examples/{example.stem}", HTML)
        yield Ask(f"/sparql?example={example.stem}", HTML)
    for timeout in ("0.3", "-1", "x", "1e3"):
        query = ENDLESS if timeout == "0.3" else ASK
        yield from in_all_forms(f"/sparql?{urlencode({'query': query, 'timeout': timeout})}")
    yield from of_protocol(known)


def of_protocol(known: Known) -> Iterator[Ask]:
    """Yield what the protocol of queries tells besides the query itself."""
    graph, ask = known.graphs[0], ("query", ASK)
    choices: Sequence[Sequence[tuple[str, str]]] = (
        *([("update", "DROP ALL")], [ask, ask], [ask, ("default-graph-uri", graph)]),
        *([("query", SELECT), ("default-graph-uri", graph)], [("query", GRAPHS), ("named-graph-uri", graph)]),
        *([ask, ("default-graph-uri", "relative")], [ask, ("named-graph-uri", "<urn:x>")]),
        *([ask, ("using-graph-uri", graph)], [ask, ("format", "nothing")], [ask, ("output", "xml")]),
        *([ask, ("release", "0.0.1")], [("query", "x" * 140_000)], [("query", "x" * 70_000)]),
        [ask, *[("x", "y")] * 1_001],
    )
    for given in choices:
        encoded = urlencode(given)
        if len(encoded) < 65_000:
            yield from in_all_forms(f"/sparql?{encoded}")
        yield Ask("/sparql", JSON, "POST", (("Content-Type", FORM),), encoded.encode())
        yield Ask("/en/sparql", HTML, "POST", (("Content-Type", FORM),), encoded.encode())
    for kind in ("text/plain", "", f"{FORM}; charset=latin-1", "application/sparql-update", f"{DIRECT};charset=utf-8"):
        yield Ask("/sparql", JSON, "POST", (("Content-Type", kind),), ASK.encode())
    yield Ask(f"/sparql?{urlencode([ask])}", JSON, "HEAD")
    yield Ask(f"/sparql?{urlencode([ask])}", JSON, headers=(("If-None-Match", '"x", *'),))
    yield Ask("/sparql?query=ASK%7B%FF%7D", JSON)
    yield Ask("/sparql?query=ASK%7B%7D%ZZ", JSON)


SOUGHT = (
    *("abri", "ABRI", "vélo", "velo", "sans-abri", "SDF", "jeunes majeurs", "homeless people", "gilets jaunes", "1000"),
    *("crise migratoire", "crisis", "inserton", "l’accueil", "l'accueil", "é", "xyzzy qwertz", "", "  ", "<script>"),
    *("a" * 600, "logement hébergement insertion emploi santé", "de la"),
)
"""What people search for: words of both languages, with and without accents, misspelt, and of nothing."""


def of_searches(_: Service, __: Known) -> Iterator[Ask]:
    """Yield searches, pages of them and suggestions."""
    for sought in SOUGHT:
        given = urlencode({"q": sought})
        yield from in_both_languages(f"/search?{given}")
        yield Ask(f"/suggest?{given}", JSON)
        yield Ask(f"/en/suggest?{given}", JSON)
    for given in ("page=2", "page=0", "page=999", "page=x", "kind=Initiative", "kind=Crisis", "kind=Nothing"):
        yield from in_both_languages(f"/search?q=accueil&{given}")


BATCHES: Sequence[object] = (
    {"q0": {"query": "abri", "limit": 3}, "q1": {"query": "gilets jaunes", "type": "Crisis"}},
    {"q": {"query": "Vélothèque", "type": ["Initiative", "Organization"], "type_strict": "any"}},
    {"q": {"query": "homeless people", "properties": [{"pid": "targets", "v": "jeunes"}]}},
    *({"q": {"query": "x", "type": "Nothing"}}, {"q": {"query": 1}}, {"q": {"limit": 3}}),
    {"q": {"query": "a", "limit": 0}},
    *({"q": {"query": "a", "properties": [{"pid": "nothing", "v": "x"}]}}, {"q": {"query": "a", "properties": "x"}}),
    *({"q": {"query": "xyzzy qwertz"}}, {"q": {"query": "a", "type_strict": "x"}}, {}, [], 1),
    {f"q{n}": {"query": "abri"} for n in range(200)},
)
"""Batches of questions of reconciliation, right and wrong."""


def of_reconciling(service: Service, known: Known) -> Iterator[Ask]:
    """Yield what OpenRefine asks, in both languages."""
    manifest = json.loads(service.send(Ask("/reconcile", JSON)).body)
    kinds = [each["id"] for each in manifest["defaultTypes"]]
    ids = [known.usual, *known.ids[:3], "nothing"]
    extensions = (
        {"ids": ids, "properties": [{"id": "targets"}, {"id": "respondsTo", "settings": {"limit": 1}}]},
        {"ids": ids, "properties": [{"id": "nothing"}]},
        {"ids": ids, "properties": [{"id": "targets", "settings": {"limit": -1}}]},
        {"ids": "x"},
    )
    asked = [("queries", each) for each in BATCHES] + [("extend", each) for each in extensions]
    for (name, given), start in itertools.product(asked, ("", "/en")):
        encoded = urlencode({name: json.dumps(given, ensure_ascii=False)})
        yield Ask(f"{start}/reconcile?{encoded}", JSON)
        yield Ask(f"{start}/reconcile?{encoded}&callback=f", "*/*")
        yield Ask(f"{start}/reconcile", JSON, "POST", (("Content-Type", FORM),), encoded.encode())
    for kind, start in itertools.product(kinds, ("", "/en")):
        yield Ask(f"{start}/reconcile/properties?type={kind}", JSON)
        yield Ask(f"{start}/reconcile/suggest/entity?prefix=a&type={kind}", JSON)
    for id_, start in itertools.product(ids, ("", "/en")):
        yield Ask(f"{start}/reconcile/view?id={quote(id_)}", JSON)
        yield Ask(f"{start}/reconcile/preview?id={quote(id_)}", JSON)


def of_files(_: Service, known: Known) -> Iterator[Ask]:
    """Yield parts of files, and files that one has already."""
    for path in (f"/download/{known.files[-1]}", "/download/graph.nq", f"/releases/{known.versions[0]}/things.ttl"):
        for part in ("bytes=0-99", "bytes=-5", "bytes=999999999-", "bytes=5-1", "lines=1-2", "bytes=0-1,4-5"):
            yield Ask(path, headers=(("Range", part),))
        yield Ask(path, headers=(("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),))
        yield Ask(path, "image/png", "HEAD")
    for path in ("/download/../kg.toml", "/download/%2e%2e/kg.toml", "/download//etc/passwd", "/download/tables"):
        yield Ask(path, HTML)


def of_wrong(_: Service, __: Known) -> Iterator[Ask]:
    """Yield addresses, headers and bodies that no service takes."""
    for path in (
        *("/nothing", "/en", "/en/nothing", "//", "/sparql/", "/things/", "/doc", "/doc/", "/id", "/static/"),
        *("/static/nothing.css", "/static/../app.py", "/fr/", "/graph/", "/metrics/", "/health/x", "/%00", "/é%C3%A9"),
        *("/.well-known/nothing", "/openapi.yaml", "/sitemap-x.xml", "/releases/", "/ontology/", "/examples/"),
        *("/text/", "/favicon.ico"),
    ):
        yield from in_all_forms(quote(path, safe="/%"))
    for method in ("GET", "HEAD", "OPTIONS", "POST", "BREW"):
        yield Ask("/metrics", method=method)
        yield Ask("/nothing", method=method)
        yield Ask("/sparql", JSON, method)
    yield Ask("/", "x" * 5_000)
    yield Ask("/", headers=(("X-Long", "x" * 40_000),))
    yield Ask("/", HTML, headers=(("Origin", "https://example.org"), ("Access-Control-Request-Method", "POST")))
    yield Ask(f"/search?q={'x' * 61_000}", JSON)
    yield Ask("/search?q=%FF", HTML)
    yield Ask("/reconcile", JSON, "POST", (("Content-Type", FORM),), b"queries=" + b"x" * 1_100_000)
    for line in (b"GARBAGE", b"GET / HTTP/1.1", b"GET /\xe9 HTTP/1.1\r\nHost: x", b"GET / HTTP/9.9\r\nHost: x"):
        yield Ask(raw=line + b"\r\nConnection: close\r\n\r\n")


def of_releases(_: Service, known: Known) -> Iterator[Ask]:
    """Yield the addresses of releases and of things that were withdrawn."""
    for route, paths in fillings(known).items():
        if route.startswith(("/releases", "/doc", "/id", "/ontology", "/sitemap")):
            for path in paths:
                yield from in_all_forms(path)
                yield Ask(path)
                yield Ask(path, "application/rdf-patch")
    for path in ("/feed", "/releases", "/catalog", "/openapi.json", f"/doc/{known.usual}", "/citation.bib"):
        yield from in_both_languages(path)
        headers = (("X-Forwarded-Prefix", "/below"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "x.example"))
        yield Ask(path, HTML, headers=(*headers, ("X-Forwarded-For", "192.0.2.1, 192.0.2.2")))
    yield Ask("/id/" + known.usual, headers=(("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "x.example")))


def of_limits(_: Service, __: Known) -> Iterator[Ask]:
    """Yield queries that meet the limits of a service."""
    for query in (
        "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 101",
        "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 100",
        "SELECT (GROUP_CONCAT(STR(?o)) AS ?x) { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c LIMIT 5",
        ENDLESS,
    ):
        yield from in_all_forms(f"/sparql?{urlencode({'query': query})}")
    yield from in_all_forms("/rdf-graph-store?default")


def of_assets(service: Service, _: Known) -> Iterator[Ask]:
    """Yield the files that pages and styles seen so far link to."""
    asked: set[str] = set()
    while left := sorted(service.assets - asked):  # the styles among them name further files
        asked.update(left)
        for path in left:
            yield Ask(path)
            yield Ask(path, "*/*", headers=(("Accept-Encoding", "gzip"),), held=path.endswith(".css"))


Catalogue = Callable[[Service, Known], Iterator[Ask]]
OF_SEED: Sequence[Catalogue] = (
    *(of_routes, of_things, of_pages, of_lists, of_queries, of_searches, of_reconciling, of_files, of_wrong, of_assets),
)
OF_MINI: Sequence[Catalogue] = (of_releases, of_things, of_pages)
OF_GRAPH: Sequence[Catalogue] = (of_limits, of_pages)
