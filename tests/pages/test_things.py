"""Things at their addresses: redirects, negotiation, formats, and ids that are gone or unknown."""

import json
import re
import warnings
from pathlib import Path
from urllib.parse import urljoin

import html5rdf
import pytest
import rdflib
from page_helpers import HTML, ParsedPage
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Triple, parse

from kg.endpoint.evaluation import asker, load
from kg.model.iris import OA, RDF, SR
from kg.model.project import Project
from kg.pages import create_app, limits_of
from kg.pages.shared.app_context import page_path

ROOT = Path(__file__).resolve().parents[2]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SCRIPT = "<script>alert(1)</script> « l’été » & \"q\" 'a' œ⋅·\u202f!"
LONG = "mot " * 1250
ODD = f"""
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <{RDF}> .
@prefix oa: <{OA}> .
@prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sr: <{SR}> .
@prefix i: <https://example.org/mini/id/initiative/> .
@prefix g: <https://example.org/mini/graph/> .

g:ontology {{
  sr:Initiative sr:idSegment "initiative" .
  sr:offers sr:needsEvidence true .
}}
g:things {{
  i:script a sr:Initiative ; skos:prefLabel {json.dumps(SCRIPT)}@fr , {json.dumps(SCRIPT)}@en ;
    skos:definition {json.dumps(SCRIPT)}@fr ; skos:altLabel {json.dumps(SCRIPT)}@fr ;
    skos:editorialNote {json.dumps(SCRIPT)}@fr ; skos:closeMatch <javascript:alert(1)> , <http://ex/'onclick=x> ;
    sr:offers i:long .
  i:long a sr:Initiative ; skos:prefLabel {json.dumps(LONG)}@en .
  i:bare schema:knows i:script .
  <https://example.org/mini/id/initiative/%C3%A9t%C3%A9> a sr:Initiative .
  <https://example.org/mini/id/initiative/a.ttl> a sr:Initiative .
  i:blank schema:knows [ schema:name "B" ] .
  <https://w3id.org/social-response/id/type-initiative/service> a skos:Concept ; skos:prefLabel "service"@fr .
}}
g:derived {{ i:script dct:relation i:long . }}
g:essai {{
  <https://example.org/mini/id/document/essai> a sr:Document ; schema:inLanguage "fr" ;
    dct:title "Essai </script>"@fr ; schema:text "Un. Il dit <b>\\"oui\\"</b> ici. Deux." .
  <https://example.org/mini/id/assertion/essai/0123456789ab> a sr:Assertion ; rdf:subject i:script ;
    rdf:predicate sr:offers ; rdf:object i:long ; sr:modality sr:reported ; sr:quote "<b>\\"oui\\"</b>"@fr ;
    sr:evidence <https://example.org/mini/id/passage/essai/11-23> ; skos:note "<i>note</i>"@fr .
  <https://example.org/mini/id/passage/essai/11-23> a oa:SpecificResource ; sr:inSentence 2 ;
    oa:hasSource <https://example.org/mini/id/document/essai> ;
    oa:hasSelector <https://example.org/mini/id/passage/essai/11-23.quote> ,
      <https://example.org/mini/id/passage/essai/11-23.position> .
  <https://example.org/mini/id/passage/essai/11-23.quote> a oa:TextQuoteSelector ; oa:exact "<b>\\"oui\\"</b>" ;
    oa:prefix "Un. Il dit " ; oa:suffix " ici. Deux." .
  <https://example.org/mini/id/passage/essai/11-23.position> a oa:TextPositionSelector ; oa:start 11 ; oa:end 23 .
}}
g:autre {{
  <https://example.org/mini/id/document/autre> a sr:Document ; schema:inLanguage "en" ; dct:title "Other"@en .
  <https://example.org/mini/id/assertion/autre/ba9876543210> a sr:Assertion ; rdf:subject i:script ;
    rdf:predicate sr:offers ; rdf:object i:bare ; sr:modality sr:reported ; sr:quote "elsewhere"@en ;
    sr:evidence <https://example.org/mini/id/passage/autre/0-9> .
  <https://example.org/mini/id/passage/autre/0-9> a oa:SpecificResource ; sr:inSentence 1 ;
    oa:hasSource <https://example.org/mini/id/document/autre> ;
    oa:hasSelector <https://example.org/mini/id/passage/autre/0-9.quote> ,
      <https://example.org/mini/id/passage/autre/0-9.position> .
  <https://example.org/mini/id/passage/autre/0-9.quote> a oa:TextQuoteSelector ; oa:exact "elsewhere" .
  <https://example.org/mini/id/passage/autre/0-9.position> a oa:TextPositionSelector ; oa:start 0 ; oa:end 9 .
}}
g:metadata {{
  i:parti owl:deprecated true ; dct:isReplacedBy i:long ; skos:changeNote "Écrit <deux> fois."@fr , "Twice."@en .
  i:perdu owl:deprecated true ; skos:changeNote "Une erreur."@fr , "An error."@en .
}}
"""
PAGES = [
    f"/doc/{path}"
    for path in (
        *("initiative/script", "initiative/long", "initiative/bare", "initiative/blank", "document/essai"),
        *("assertion/essai/0123456789ab", "passage/essai/11-23", "type-initiative/service", "initiative/%C3%A9t%C3%A9"),
    )
]


@pytest.fixture(scope="module")
def odd(root, tmp_path_factory):
    """A client of a service whose graph holds what is hard to show."""
    file = tmp_path_factory.mktemp("odd") / "odd.trig"
    file.write_text(ODD, encoding="utf-8")
    project = Project.open(root)
    return create_app(project, asker(load([file]))).test_client()


@pytest.fixture(scope="module")
def served(store, release, tmp_path_factory):
    """A client of a service of the repository's release."""
    project = Project.open(ROOT)
    folder = tmp_path_factory.mktemp("release")
    for name in ("graph.nq", "context.jsonld"):
        (folder / name).write_bytes(release.files[name])
    return create_app(project, asker(store, limits_of(project)), folder=folder).test_client()


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/id/initiative/lhss", "../../doc/initiative/lhss"),
        ("/id/passage/groupe-sos/0-12.quote", "../../../doc/passage/groupe-sos/0-12.quote"),
        ("/id/initiative/%C3%A9t%C3%A9", "../../doc/initiative/%C3%A9t%C3%A9"),
        ("/id/initiative/a%3Fb%23c", "../../doc/initiative/a%3Fb%23c"),
        ("/id/initiative/a%25C3", "../../doc/initiative/a%25C3"),
    ],
)
def test_thing_is_not_its_document(served, path, location):
    """The IRI of a thing leads by 303 to the document about it, under whatever path the service stands."""
    response = served.get(path)

    assert (response.status_code, response.headers["Location"]) == (303, location)


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/doc/initiative/lhss", BROWSER, "text/html"),
        ("/doc/initiative/lhss", "", "text/turtle"),
        ("/doc/initiative/lhss", "*/*", "text/turtle"),
        ("/doc/initiative/lhss", "text/turtle;q=0.5, application/ld+json", "application/ld+json"),
        ("/doc/initiative/lhss", "application/rdf+xml, text/html;q=0.1", "application/rdf+xml"),
        ("/doc/initiative/lhss", "application/n-triples", "application/n-triples"),
        ("/doc/initiative/lhss", "text/html;q=0.3, text/*;q=0.5", "text/turtle"),
        ("/doc/initiative/lhss.html", "text/turtle", "text/html"),
        ("/doc/initiative/lhss.ttl", BROWSER, "text/turtle"),
        ("/doc/initiative/lhss.jsonld", "image/png", "application/ld+json"),
        ("/doc/initiative/lhss.nt", "", "application/n-triples"),
        ("/doc/initiative/lhss.rdf", "", "application/rdf+xml"),
        ("/en/doc/initiative/lhss", "text/turtle", "text/turtle"),
    ],
)
def test_the_address_or_the_client_chooses_the_form_of_a_thing(served, path, accept, media_type):
    """The address decides the form, else what the client likes best; a negotiated form tells its address."""
    response = served.get(path, headers={"Accept": accept})
    is_told = "." not in path.rpartition("/")[2]

    assert (response.status_code, response.mimetype) == (200, media_type)
    assert "Accept" in response.headers["Vary"]
    assert ("Content-Location" in response.headers) == is_told
    if is_told:
        told = response.headers["Content-Location"].partition("social-response/")[2]
        assert served.get(f"/{told}").mimetype == media_type


def test_a_client_that_accepts_no_form_is_told_them_all(served):
    """A client that accepts none of the forms is told which there are."""
    response = served.get("/doc/initiative/lhss", headers={"Accept": "image/png"})

    assert (response.status_code, response.json["code"]) == (406, "accept")


@pytest.mark.parametrize("path", ["/doc/initiative/lhss", "/graph/things", "/ontology", "/catalog"])
def test_who_wants_a_graph_as_it_is_not_sent_is_told_the_forms_of_graphs(served, path):
    """A client that asks for N-Quads is told the media types of graphs, and none of tables."""
    problem = served.get(path, headers={"Accept": "application/n-quads"}).json

    assert (problem["status"], problem["code"]) == (406, "accept")
    assert "application/n-triples" in problem["types"]
    assert "csv" not in problem["detail"] + problem["types"]


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json"])
def test_links_between_forms(served, accept):
    """Each form names all others, the one address that search engines keep, and the IRI to cite."""
    response = served.get("/doc/initiative/lhss", headers={"Accept": accept})
    links = response.headers.getlist("Link")
    address = "https://w3id.org/social-response/doc/initiative/lhss"

    assert f'<{address}>; rel="canonical"' in links
    assert '<https://w3id.org/social-response/id/initiative/lhss>; rel="cite-as"' in links
    assert f'<{address}.ttl>; rel="describedby"; type="text/turtle"' in links
    assert sum('rel="alternate"' in link for link in links) == 4


@pytest.mark.parametrize("path", ["/doc/initiative/lhss", "/doc/initiative/lhss.ttl", "/en/doc/initiative/lhss.html"])
def test_a_form_that_the_client_has_is_not_sent_again(served, path):
    """A form that the client has is not sent again; each form has a tag of its own."""
    first = served.get(path, headers=HTML)
    again = served.get(path, headers={**HTML, "If-None-Match": first.headers["ETag"]})
    other = served.get("/doc/initiative/lhss.nt")

    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["ETag"] == again.headers["ETag"] != other.headers["ETag"]


@pytest.mark.parametrize("thing", ["initiative/lhss", "lieu/marseille", "temps/2021", "document/groupe-sos"])
def test_all_formats_say_the_same(served, thing):
    """Turtle, JSON-LD, RDF/XML and N-Triples have the same triples, and JSON-LD needs no other document to be read."""
    bodies = {ending: served.get(f"/doc/{thing}{ending}").data for ending in (".nt", ".ttl", ".rdf", ".jsonld")}
    triples = {quad.triple for quad in parse(bodies[".nt"], RdfFormat.N_TRIPLES)}

    assert len(triples) > 20
    assert {quad.triple for quad in parse(bodies[".ttl"], RdfFormat.TURTLE)} == triples
    assert {quad.triple for quad in parse(bodies[".rdf"], RdfFormat.RDF_XML)} == triples
    assert {quad.triple for quad in parse(bodies[".jsonld"], RdfFormat.JSON_LD)} == triples
    assert with_rdflib(bodies[".jsonld"]) == triples


BASE = "https://w3id.org/social-response/"
SECTIONS = {
    "things": "(graph “things”)",
    "inferred": "(graph “inferred”)",
    "derived": "(graph “derived”)",
    "concepts": "(graph “concepts”)",
    "alignments": "(graph “alignments”)",
}


def sets_of(release, thing):
    """The triples with a thing as subject or value, by the set in which the release has them."""
    node = NamedNode(f"{BASE}id/{thing}")
    sets = {}
    for quad in release.quads:
        name = quad.graph_name.value.rpartition("/")[2]
        if name in SECTIONS and node in (quad.subject, quad.object):
            sets.setdefault(name, set()).add(quad.triple)
    return sets


@pytest.mark.parametrize(
    ("thing", "names"),
    [
        ("initiative/lhss", {"things", "inferred", "derived"}),
        ("lieu/marseille", {"things", "derived", "alignments"}),
        ("initiative/surloyer-solidaire", {"things", "inferred", "derived"}),
        ("type-initiative/etablissement", {"inferred", "concepts"}),
    ],
)
def test_every_format_tells_the_sets_apart(served, release, thing, names):
    """Turtle, N-Triples and RDF/XML have a section for each set, JSON-LD its graph too; all as in the service."""
    expected = sets_of(release, thing)
    bodies = {ending: served.get(f"/doc/{thing}.{ending}").text for ending in ("nt", "ttl", "rdf", "jsonld")}
    quads = list(parse(bodies["jsonld"], RdfFormat.JSON_LD))
    named = {quad.graph_name for quad in quads} - {DefaultGraph()}

    assert names <= expected.keys()
    assert {graph.value for graph in named} == {f"{BASE}graph/{name}" for name in expected}
    for name, triples in expected.items():
        graph = NamedNode(f"{BASE}graph/{name}")
        assert {quad.triple for quad in quads if quad.graph_name == graph} == triples
        for ending in ("nt", "ttl", "rdf"):
            assert section(bodies[ending], ending, SECTIONS[name]) == triples, (name, ending)
    in_default = {quad.triple for quad in quads if quad.graph_name == DefaultGraph()}
    assert {quad.triple for quad in quads} == in_default


@pytest.mark.parametrize(
    "words",
    [
        "a\rb\r\n",
        "-->",
        "<!-- As rules derive it -->",
        "</rdf:RDF>",
        "]]>&amp;&lt;",
        "\n# As rules derive it\n<urn:a> <urn:b> <urn:c> .\n",
        "\n@prefix sr: <urn:x> .\n",
        "\n\t<!-- ",
        ' "quoted" \\ \t',
        "\U0001f600 \u202e\u2028",
        "",
    ],
)
def test_no_words_break_a_section(root, tmp_path, words):
    """Whatever words a graph has, each format of a thing has its triples, blank nodes included, in the right set."""
    project = Project.open(root)
    base = project["base"]
    iri = f"{base}id/initiative/x"
    literal = str(Literal(words, language="fr"))
    (tmp_path / "odd.nq").write_text(
        f"""<{iri}> <urn:p/stated> {literal} <{base}graph/things> .
        <{iri}> <urn:p#inferred> {literal} <{base}graph/inferred> .
        <{iri}> <urn:p/has> _:b <{base}graph/things> .
        _:b <urn:p/says> {literal} <{base}graph/things> .
        <urn:other> <urn:p/derived> <{iri}> <{base}graph/derived> .
        """,
        encoding="utf-8",
    )
    client = create_app(project, asker(load([tmp_path / "odd.nq"]))).test_client()
    bodies = {ending: client.get(f"/doc/initiative/x.{ending}").text for ending in ("nt", "ttl", "rdf", "jsonld")}
    stated = Triple(NamedNode(iri), NamedNode("urn:p/stated"), Literal(words, language="fr"))
    inferred = Triple(NamedNode(iri), NamedNode("urn:p#inferred"), Literal(words, language="fr"))
    derived = Triple(NamedNode("urn:other"), NamedNode("urn:p/derived"), NamedNode(iri))
    quads = list(parse(bodies["jsonld"], RdfFormat.JSON_LD))

    for ending, form in (("nt", "N_TRIPLES"), ("ttl", "TURTLE"), ("rdf", "RDF_XML"), ("jsonld", "JSON_LD")):
        found = [quad.triple for quad in parse(bodies[ending], getattr(RdfFormat, form))]
        assert {stated, inferred, derived} < set(found), ending
        (node,) = {triple.object for triple in found if triple.predicate.value == "urn:p/has"}
        assert Triple(node, NamedNode("urn:p/says"), Literal(words, language="fr")) in found
    for ending in ("nt", "ttl", "rdf"):
        assert section(bodies[ending], ending, SECTIONS["inferred"]) == {inferred}
        assert section(bodies[ending], ending, SECTIONS["derived"]) == {derived}
    sets = {
        quad.triple: quad.graph_name.value.rpartition("/")[2] for quad in quads if quad.graph_name != DefaultGraph()
    }
    assert (sets[stated], sets[inferred], sets[derived]) == ("things", "inferred", "derived")


@pytest.mark.parametrize("ending", ["nt", "ttl", "rdf"])
def test_a_file_that_is_no_release_has_no_sections(root, tmp_path, ending):
    """Graphs of other people are no sets: no comment says of their triples what it says of a release's."""
    project = Project.open(root)
    iri = f"{project['base']}id/initiative/x"
    quad = f'<{iri}> <urn:p/name> "x" <urn:graph:of-others> .\n'
    (tmp_path / "others.nq").write_text(quad, encoding="utf-8")
    client = create_app(project, asker(load([tmp_path / "others.nq"]))).test_client()
    body = client.get(f"/doc/initiative/x.{ending}").text

    assert "urn:p/" in body
    assert "<!--" not in body
    assert not [line for line in body.splitlines() if line.startswith("#")]


def section(body, ending, title):
    """The triples below the comment with the title, up to the next comment."""
    mark, head, end = ("\t<!-- ", body[: body.index("\t<!-- ")], "</rdf:RDF>") if ending == "rdf" else ("# ", "", "")
    if ending == "ttl":
        head = "".join(line for line in body.splitlines(True) if line.startswith("@prefix"))
    (found,) = [part for part in re.split(f"^{mark}", body, flags=re.MULTILINE)[1:] if title in part.splitlines()[0]]
    found = found.partition("\n")[2].removesuffix("</rdf:RDF>\n")
    form = {"nt": RdfFormat.N_TRIPLES, "ttl": RdfFormat.TURTLE, "rdf": RdfFormat.RDF_XML}[ending]
    return {quad.triple for quad in parse(head + found + end, form)}


def with_rdflib(data):
    """The triples of JSON-LD as rdflib reads them, spelling for spelling."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's JSON-LD reader uses its own old classes
        patch.setattr(rdflib, "NORMALIZE_LITERALS", False)
        graph = rdflib.Graph().parse(data=data, format="json-ld")
    return {quad.triple for quad in parse(graph.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES)}


def test_json_ld_is_compact(served):
    """JSON-LD has the terms of the project's context, the thing first, labels by language."""
    document = served.get("/doc/initiative/lhss.jsonld").json
    first = document["@graph"][0]

    assert first["id"] == "https://w3id.org/social-response/id/initiative/lhss"
    assert first["type"] == "Initiative"
    assert first["prefLabel"]["fr"] == "Lits halte soins santé (LHSS)"
    assert first["targets"] == "https://w3id.org/social-response/id/public/personnes-sans-domicile-fixe"
    assert document["@graph"][1]["type"] == "Assertion"


def test_turtle_reads_in_order(served):
    """Turtle has the thing first, then each statement followed by its passage, with prefixes."""
    text = served.get("/doc/initiative/lhss.ttl").text
    subjects = [line.split(" ")[0] for line in text.splitlines() if line.startswith("<")]

    assert "@prefix sr: <https://w3id.org/social-response/ontology#> ." in text
    assert subjects[0] == "<https://w3id.org/social-response/id/initiative/lhss>"
    first = next(place for place, subject in enumerate(subjects) if "/assertion/" in subject)
    assert "/passage/" in subjects[first + 1]


@pytest.mark.parametrize("path", [*PAGES, *(f"/en{path}" for path in PAGES)])
def test_any_words_make_a_valid_page(odd, path):
    """Whatever words, IRIs and gaps the graph has, the page is strict HTML without a script of theirs."""
    response = odd.get(path, headers=HTML)
    page = ParsedPage(response.text)
    html5rdf.HTMLParser(strict=True).parse(response.text)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert response.status_code == 200
    assert [tag for tag, _ in page.elements].count("h1") == 1
    assert all("type" in attributes or "src" in attributes for tag, attributes in page.elements if tag == "script")
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert not any((attributes.get("href") or "x").startswith("javascript:") for _, attributes in page.elements)
    assert "style" not in {name for _, attributes in page.elements for name in attributes}
    assert len(ids) == len(set(ids))
    assert json.loads(page.data)["@context"] == "https://schema.org/"


def test_hard_words_are_told_as_they_are(odd):
    """Marks that mean something in HTML are told as themselves, in names, quotes and notes."""
    thing = ParsedPage(odd.get("/doc/initiative/script", headers=HTML).text)
    passage = ParsedPage(odd.get("/doc/passage/essai/11-23", headers=HTML).text)

    assert thing.text.count(SCRIPT) >= 4
    assert '<b>"oui"</b>' in thing.text
    assert "<i>note</i>" in thing.text
    assert json.loads(thing.data)["name"] == SCRIPT
    assert 'Il dit <b>"oui"</b> ici.' in passage.text


def test_added_by_rules_stands_apart(odd):
    """What rules add is told under a heading of its own, not among what the text says."""
    text = odd.get("/en/doc/initiative/script", headers=HTML).text
    said, _, added = text.partition("Added by rules")

    assert "dct:relation" in added
    assert "dct:relation" not in said


def test_quote_leads_into_the_text(odd):
    """The words of a statement lead to their place in the reader."""
    page = ParsedPage(odd.get("/doc/initiative/script", headers=HTML).text)

    assert "../../text/essai#11-23" in {attributes.get("href") for _, attributes in page.elements}


def test_what_several_documents_say_of_a_thing_stands_together(odd):
    """What several documents say of a thing stands on its page together, each quote with its document."""
    page = ParsedPage(odd.get("/doc/initiative/script", headers=HTML).text)
    links = {attributes.get("href") for tag, attributes in page.elements if tag == "a"}

    assert {"../../text/essai#11-23", "../../text/autre#0-9"} <= links
    assert {"../../doc/document/essai", "../../doc/document/autre"} <= links
    assert [attributes["lang"] for tag, attributes in page.elements if tag == "q" and "lang" in attributes] == ["en"]


@pytest.mark.parametrize("ending", [".quote", ".position"])
@pytest.mark.parametrize(("start", "place"), [("", "../../../doc"), ("/en", "../../../../en/doc")])
def test_selector_leads_to_its_passage(odd, ending, start, place):
    """A part of a passage has no page of its own but leads to the passage's; in RDF it is described itself."""
    response = odd.get(f"{start}/doc/passage/essai/11-23{ending}", headers=HTML)

    assert (response.status_code, response.headers["Location"]) == (303, f"{place}/passage/essai/11-23")
    assert odd.get(f"/doc/passage/essai/11-23{ending}").mimetype == "text/turtle"


@pytest.mark.parametrize(
    ("path", "iri"),
    [
        ("/doc/initiative/été", "https://example.org/mini/id/initiative/%C3%A9t%C3%A9"),
        ("/doc/initiative/a.ttl", "https://example.org/mini/id/initiative/a.ttl"),
        ("/doc/type-initiative/service", "https://w3id.org/social-response/id/type-initiative/service"),
    ],
)
def test_things_with_odd_ids_are_found(odd, path, iri):
    """Things are found whose ids need encoding, end like a format, or belong to the shared schemes."""
    response = odd.get(path, headers={"Accept": "application/n-triples"})

    assert response.status_code == 200
    assert f"\n<{iri}> " in f"\n{response.text}"


def test_a_withdrawn_id_answers_410_with_its_successor(odd):
    """A withdrawn id answers 410 with the reason and the way to its successor, for people and for programs."""
    page = odd.get("/doc/initiative/parti", headers=HTML)
    data = odd.get("/doc/initiative/parti.ttl")
    without = odd.get("/doc/initiative/perdu")

    assert page.status_code == data.status_code == without.status_code == 410
    assert "Écrit &lt;deux&gt; fois." in page.text
    assert "../../doc/initiative/long" in page.text
    assert data.json["successor"] == "https://example.org/mini/id/initiative/long"
    assert (data.json["code"], "Twice." in data.json["detail"]) == ("gone", True)
    assert '<https://example.org/mini/id/initiative/long>; rel="successor-version"' in data.headers.getlist("Link")
    assert "successor" not in without.json


@pytest.mark.parametrize("path", ["/doc/initiative/lhs", "/doc/initiative/lhs.ttl"])
def test_an_unknown_id_answers_404_with_near_ids(served, path):
    """An id of nothing answers 404 with the ids that are near, for people and for programs."""
    page = served.get(path, headers=HTML)
    data = served.get(path)

    assert page.status_code == data.status_code == 404
    assert "doc/initiative/lhss" in page.text
    assert "search?q=lhs" in page.text
    assert data.json["code"] == "no-thing"
    assert "id/initiative/lhss" in data.json["near"]


@pytest.mark.parametrize(
    "path", ["assertion/groupe-sos/000000000000", "passage/groupe-sos/9-99", "sentence/groupe-sos/999"]
)
def test_nobody_is_sent_to_search_for_a_number(served, path):
    """The page of an unknown statement, passage or sentence offers no search for its number."""
    page = served.get(f"/doc/{path}", headers=HTML)

    assert page.status_code == 404
    assert "search?q=" not in page.text


@pytest.mark.parametrize(
    "path", ["/doc/x", "/doc/%3Cscript%3E", "/doc/initiative/a b", "/doc//", "/doc/%22%7D", "/doc/%00"]
)
def test_missing_whatever_is_asked(odd, path):
    """Any other address below /doc/ answers 404 and shows what was asked as text."""
    response = odd.get(path, headers=HTML)

    assert response.status_code == 404
    assert "<script>" not in response.text
    html5rdf.HTMLParser(strict=True).parse(response.text)


@pytest.mark.parametrize("number", ["0", "x", "-1", "99999999", "²", ""])
def test_pages_that_are_none(served, number):
    """A page number that is none shows the first page."""
    assert "Lits Haltes Soins Santé" in served.get(f"/doc/initiative/lhss?page={number}", headers=HTML).text


def test_every_thing_of_the_release_has_a_page(served, store):
    """Every thing, statement and passage of the release has a page in both languages and its RDF."""
    query = """SELECT DISTINCT ?thing { ?thing a ?kind
      FILTER(STRSTARTS(STR(?thing), "https://w3id.org/social-response/id/")) } ORDER BY ?thing"""
    things = [row["thing"].value for row in store.query(query)]
    paths = [f"/doc/{iri.partition('/id/')[2]}" for iri in things]

    assert len(paths) > 1000
    for path in paths[::23]:
        page = served.get(path, headers=HTML)
        if page.status_code == 303:
            page = served.get(urljoin(path, page.headers["Location"]), headers=HTML)
        assert page.status_code == 200, path
        assert served.get(f"/en{path}", headers=HTML).status_code in {200, 303}, path
        assert served.get(f"{path}.ttl").status_code == 200, path


ENCODED = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@base <https://example.org/mini/id/place/> .
<x/y> skos:prefLabel "a slash"@en .
<x%2Fy> skos:prefLabel "an encoded slash"@en .
<2019-02-26T07%3A14%3A19> skos:prefLabel "encoded colons"@en .
<./a:b> skos:prefLabel "a colon"@en .
<100%25> skos:prefLabel "an encoded percent sign"@en .
<caf\u00e9> skos:prefLabel "an accent"@en .
<th%C3%A9> skos:prefLabel "an encoded accent"@en .
<lower%2fcase> skos:prefLabel "lower case"@en .
<frag#it> skos:prefLabel "a fragment"@en .
<page> skos:prefLabel "a page"@en .
<page#one> skos:prefLabel "its first part"@en .
<page#two> skos:prefLabel "its second part"@en .
<ask?x=1> skos:prefLabel "a query"@en .
<ask?x=2> skos:prefLabel "another query"@en .
"""


@pytest.fixture(scope="module")
def encoded(root, tmp_path_factory):
    """A client of a service whose IRIs hold all that a path may have to encode."""
    file = tmp_path_factory.mktemp("encoded") / "encoded.ttl"
    file.write_text(ENCODED, encoding="utf-8")
    return create_app(Project.open(root), asker(load([file]))).test_client()


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("x/y", "a slash"),
        ("x%2Fy", "an encoded slash"),
        ("2019-02-26T07%3A14%3A19", "encoded colons"),
        ("a:b", "a colon"),
        ("100%25", "an encoded percent sign"),
        ("caf%C3%A9", "an accent"),
        ("caf%c3%a9", "an accent"),
        ("c%61f%C3%A9", "an accent"),
        ("th%C3%A9", "an encoded accent"),
        ("lower%2fcase", "lower case"),
        ("frag", "a fragment"),
        ("frag%23it", "a fragment"),
        ("page", "a page"),
        ("page%23two", "its second part"),
        ("ask?x=1", "a query"),
        ("ask?x=2", "another query"),
        ("ask%3Fx=1", "a query"),
    ],
)
def test_an_iri_is_compared_as_it_was_sent(encoded, sent, name):
    """An IRI leads to the page of that very IRI, and what makes no difference by RFC 3986 makes none."""
    redirect = encoded.get(f"/id/place/{sent}")
    response = encoded.get(urljoin(f"/id/place/{sent}", redirect.location), headers=HTML)

    assert redirect.status_code == 303
    assert response.status_code == 200
    assert f'<h1 lang="en">{name}</h1>' in response.text


@pytest.mark.parametrize("sent", ["x%2F", "X%2Fy", "a%3Ab", "100%2525", "lower%2Fcas", "ask?x=3", "ask"])
def test_an_iri_that_only_looks_alike_is_unknown(encoded, sent):
    """A reserved character is another one than its encoded form, so the IRI is another one."""
    assert encoded.get(f"/doc/place/{sent}", headers=HTML).status_code == 404


def test_every_iri_has_a_page_that_leads_back_to_it(encoded):
    """The address that pages link to is that of the very thing."""
    context = encoded.application.extensions["app_context"]

    for row in context.select("SELECT ?s ?o WHERE { ?s ?p ?o }"):
        response = encoded.get("/" + page_path(context, row["s"]["value"]), headers=HTML)
        assert f">{row['o']['value']}</h1>" in response.text, row


def test_a_document_describes_the_things_that_share_it(encoded):
    """What is asked for without its fragment tells of all things whose IRIs differ in the fragment only."""
    triples = parse(encoded.get("/doc/place/page.nt").data, RdfFormat.N_TRIPLES)
    page = encoded.get("/en/doc/place/page", headers=HTML)

    start = "https://example.org/mini/id/place/page"
    assert {(triple.subject.value, triple.object.value) for triple in triples} == {
        (start, "a page"),
        (f"{start}#one", "its first part"),
        (f"{start}#two", "its second part"),
    }
    assert "At the same address:" in page.text
    assert 'href="../../../en/doc/place/page%23two"' in page.text


ARABIC = f"""
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix oa: <{OA}> .
@prefix rdf: <{RDF}> .
@prefix schema: <http://schema.org/> .
@prefix sr: <{SR}> .
@base <https://example.org/mini/id/> .
<initiative/beit> a sr:Initiative ; skos:prefLabel "بيت الجيران"@ar ;
  skos:definition "بيت مفتوح للجميع."@ar ; skos:altLabel "Beit"@ar-Latn .
<document/ar> a sr:Document ; schema:inLanguage "ar" ; skos:prefLabel "نص"@ar ;
  schema:text "فتح بيت الجيران سنة 1998." .
<assertion/ar/0123456789ab> a sr:Assertion ; rdf:subject <initiative/beit> ; rdf:predicate sr:mentionedAs ;
  rdf:object "بيت الجيران"@ar ; sr:modality sr:reported ; sr:statedIn <document/ar> ; sr:evidence <passage/ar/4-15> .
<passage/ar/4-15> a oa:SpecificResource ; sr:inSentence 1 ; oa:hasSource <document/ar> ;
  oa:hasSelector <passage/ar/4-15.quote> , <passage/ar/4-15.position> .
<passage/ar/4-15.quote> a oa:TextQuoteSelector ; oa:exact "بيت الجيران"@ar ; oa:prefix "فتح " ; oa:suffix " سنة 1998." .
<passage/ar/4-15.position> a oa:TextPositionSelector ; oa:start 4 ; oa:end 15 .
<sentence/ar/1> a sr:Sentence ; sr:sentenceOf <document/ar> ; sr:number 1 ; sr:begin 0 ; sr:end 26 .
"""


@pytest.mark.parametrize(
    ("path", "elements"),
    [
        ("doc/initiative/beit", {"a", "h1", "span", "blockquote", "q"}),
        ("doc/assertion/ar/0123456789ab", {"a", "span", "blockquote"}),
        ("doc/passage/ar/4-15", {"q", "blockquote", "a", "span"}),
        ("text/ar", {"section", "q", "a", "span"}),
        ("search?q=بيت", {"a", "p"}),
        ("things/initiative", {"a"}),
    ],
)
def test_words_from_right_to_left_have_their_direction(root, tmp_path, path, elements):
    """Whatever is marked as Arabic runs from right to left, and what is marked as Latin script does not."""
    file = tmp_path / "arabic.ttl"
    file.write_text(ARABIC, encoding="utf-8")
    page = ParsedPage(
        create_app(Project.open(root), asker(load([file]))).test_client().get(f"/{path}", headers=HTML).text
    )

    arabic = [(tag, attributes.get("dir")) for tag, attributes in page.elements if attributes.get("lang") == "ar"]
    assert {tag for tag, _ in arabic} == elements
    assert {direction for _, direction in arabic} == {"rtl"}
    assert all("dir" not in attributes for attributes in page.all("span", "a") if attributes.get("lang") == "ar-Latn")


INTENDED = """
g:things { i:script sr:offers i:long ; a sr:Initiative ; skos:prefLabel "script"@en . }
g:inferred { i:script sr:targets i:bare . }
g:derived { i:script skos:related i:long . }
g:essai { STATEMENTS }
"""


def test_what_is_stated_intended_inferred_and_derived_is_told_apart(root, tmp_path):
    """The page and the RDF of a thing tell in which set a triple stands, and that what is intended stands in none."""
    part = """i:a{n} a sr:Assertion ; rdf:subject i:script ; rdf:predicate sr:{p} ; rdf:object i:{o} ;
      sr:modality sr:{m} ;
      sr:evidence i:p{n} . i:p{n} sr:inSentence 1 ; <http://www.w3.org/ns/oa#hasSource> i:d ;
      <http://www.w3.org/ns/oa#hasSelector> i:q{n} , i:s{n} . i:q{n} <http://www.w3.org/ns/oa#exact> "w" .
      i:s{n} <http://www.w3.org/ns/oa#start> {n} ; <http://www.w3.org/ns/oa#end> 9 ."""
    rows = (("offers", "long", "reported"), ("targets", "bare", "inferred"), ("hasEffect", "wish", "intended"))
    parts = " ".join(part.format(n=n, p=p, o=o, m=m) for n, (p, o, m) in enumerate(rows))
    prefixes = ODD[: ODD.index("g:ontology")]
    file = tmp_path / "sets.trig"
    file.write_text(prefixes + INTENDED.replace("STATEMENTS", parts), encoding="utf-8")
    client = create_app(Project.open(root), asker(load([file]))).test_client()
    page = client.get("/en/doc/initiative/script", headers=HTML).text
    turtle = client.get("/doc/initiative/script.ttl").text
    sections = {title: text for title, _, text in (part.partition("\n") for part in turtle.split("\n# ")[1:])}
    titles = ("graph “things”", "graph “inferred”", "graph “derived”")
    stated, inferred, derived = (next(sections[key] for key in sections if title in key) for title in titles)

    assert page.index('id="said"') < page.index('id="intended"') < page.index('id="inferred"')
    assert page.index('id="intended"') < page.index("initiative/wish") < page.index('id="inferred"')
    assert ("sr:offers" in stated, "sr:targets" in inferred, "skos:related" in derived) == (True, True, True)
    assert "sr:targets" not in stated + derived
    assert "sr:hasEffect <" not in stated + inferred + derived
    assert "rdf:predicate sr:hasEffect" in turtle
    assert "sr:modality sr:intended" in turtle
