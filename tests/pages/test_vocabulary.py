"""The pages of vocabulary, shapes, validation and examples, and their data for programs."""

import html
import json
import re
from urllib.parse import urldefrag, urljoin

import html5rdf
import pyshacl
import pytest
import rdflib
from pyoxigraph import RdfFormat, parse, serialize
from rdflib.compare import isomorphic

from kg.endpoint.evaluation import asker, load
from kg.endpoint.problems import ProblemError
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.pages import create_app, limits_of
from kg.release.assembly import make_release
from kg.release.folder import write_release

HTML = {"Accept": "text/html"}
EXAMPLES = {
    "001-publics": ("SELECT ?x WHERE { ?x sr:targets ?y }", "[initiative]", "[sr:targets, none]"),
    "002-ask": ("ASK { ?x sr:targets ?y }", "[odd]", "[sr:Initiative]"),
    "003-none": ("SELECT ?x WHERE { ?x sr:none ?y }", "[public]", "[sr:affects]"),
    "004-graph": ("CONSTRUCT { ?x sr:of ?y } WHERE { ?x sr:targets ?y }", "[crisis]", "[]"),
    "005-thing": ("DESCRIBE <https://example.org/mini/id/public/x>", "[public]", "[]"),
    "006-marks": ("SELECT (\"</pre><script>x</script>\" AS ?t) WHERE {} # <b>&", "[public]", "[]"),
}  # fmt: skip
HEADER = """\
#+ summary:
#+   fr: "Qui ? {name}"
#+   en: "Who? {name}"
#+ description:
#+   fr: Un mot.
#+   en: A word.
#+ tags: {tags}
#+ about: {about}

PREFIX sr: <https://w3id.org/social-response/ontology#>
{query}
"""
FRENCH = ["/ontology", "/ontology/0.2.0", "/ontology/0.0.9", "/shapes", "/validation", "/examples",
          *(f"/examples/{name}" for name in EXAMPLES)]  # fmt: skip
PAGES = [*FRENCH, *("/en" + path for path in FRENCH)]
OLD = '<https://w3id.org/social-response/ontology> a owl:Ontology ; owl:versionInfo "0.0.9" .\n'
OLD += 'sr:Former a owl:Class ; rdfs:label "Ancienne"@fr , "Former"@en .\n'
SIB = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix spex: <https://purl.expasy.org/sparql-examples/ontology#> .
@prefix schema: <https://schema.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
[] a sh:NodeShape ; sh:targetClass sh:SPARQLExecutable ;
  sh:xone ( [ sh:class sh:SPARQLSelectExecutable ; sh:property [ sh:path sh:select ; sh:minCount 1 ] ]
            [ sh:class sh:SPARQLAskExecutable ; sh:property [ sh:path sh:ask ; sh:minCount 1 ] ]
            [ sh:class sh:SPARQLConstructExecutable ; sh:property [ sh:path sh:construct ; sh:minCount 1 ] ]
            [ sh:class spex:SPARQLDescribeExecutable ; sh:property [ sh:path spex:describe ; sh:minCount 1 ] ] ) ;
  sh:property [ sh:path schema:target ; sh:minCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path rdfs:comment ; sh:minCount 1 ; sh:uniqueLang true ] ,
    [ sh:path ( sh:prefixes sh:declare ) ; sh:minCount 1 ;
      sh:node [ sh:property [ sh:path sh:prefix ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:string ] ,
                            [ sh:path sh:namespace ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:anyURI ] ] ] .
"""


@pytest.fixture(scope="module")
def project(mini_factory, tmp_path_factory):
    """The small project, released, with examples and an earlier release."""
    project = mini_factory(tmp_path_factory.mktemp("vocabulary") / "mini")
    project.examples.mkdir(parents=True)
    for name, (query, tags, about) in EXAMPLES.items():
        text = HEADER.format(name=name, query=query, tags=tags, about=about)
        (project.examples / f"{name}.rq").write_text(text, encoding="utf-8")
    write_release(make_release(project).files, project.dist)
    old = project.releases / "0.0.1"
    old.mkdir(parents=True)
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in rdf_prefixes())
    (old / "ontology.ttl").write_text(head + OLD, encoding="utf-8")
    return project


def rdf_prefixes():
    return [
        ("owl", "http://www.w3.org/2002/07/owl#"),
        ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
        ("sr", "https://w3id.org/social-response/ontology#"),
    ]


def serve(project, **changed):
    """A client of the pages over a release."""
    ask = asker(load([project.dist / "graph.nq"]), limits_of(project))
    given = {"folder": project.dist, "examples": read_queries(project.examples), **changed}
    return create_app(project, given.pop("ask", ask), **given).test_client()


@pytest.fixture(scope="module")
def client(project):
    """A client of the pages over the release."""
    return serve(project)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A client of the pages over an RDF file that describes no vocabulary."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "graph.nt").write_text('<http://e/a> <http://e/p> "x" .\n', encoding="utf-8")
    (folder / "kg.toml").write_text('base = "https://e.example/"\ntitle.fr = "É"\ntitle.en = "E"\n', encoding="utf-8")
    project = Project.open(folder)
    return create_app(project, asker(load([folder / "graph.nt"]))).test_client()


def read(response):
    """The graph of a response, whatever its format."""
    triples = parse(response.data, format=RdfFormat.from_media_type(response.mimetype))
    return rdflib.Graph().parse(
        data=serialize((quad.triple for quad in triples), format=RdfFormat.N_TRIPLES), format="nt"
    )


def ids(text):
    return re.findall(r'\sid="([^"]+)"', text)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_vocabulary_is_valid(client, path):
    """Every page is HTML without an error, with one h1 and no id twice, and nothing that its policy forbids."""
    response = client.get(path, headers=HTML)
    text = response.text

    assert response.status_code == 200
    html5rdf.HTMLParser(strict=True).parse(text)
    assert text.count("<h1") == 1
    assert len(set(ids(text))) == len(ids(text))
    assert " style=" not in text
    assert "<style" not in text


def test_every_link_with_a_fragment_leads_to_an_element(client):
    """Every link from one of these pages into one of them leads to something that is there."""
    texts = {path: client.get(path, headers=HTML).text for path in PAGES}
    anchors = {path: set(ids(text)) for path, text in texts.items()}
    followed = 0
    for path, text in texts.items():
        for href in re.findall(r'href="([^"]*#[^"]*)"', text):
            target, fragment = urldefrag(urljoin(f"http://host{path}", href))
            there = anchors.get(target.removeprefix("http://host"))
            if there is not None and "/ontology/" not in target:
                followed += 1
                assert fragment in there, f"{path}: {href}"

    assert followed > 500


def test_a_class_is_told_with_its_definition_and_properties(client):
    """A class is told with its definition, example, properties, uses, alignments and the shapes that hold it."""
    text = client.get("/en/ontology", headers=HTML).text
    entry = re.search(r'<section class="term" id="Initiative">.*?</section>', text, re.DOTALL)[0]

    assert "A lasting action that can be told apart" in entry
    assert "medical respite beds" in entry
    for target in ("#targets", "../en/things/initiative", "../en/shapes#Initiative-targets"):
        assert f'href="{target}"' in entry
    assert "https://ontology.commonapproach.org/cids#Program" in entry


def test_names_in_definitions_are_links(client):
    """The name of a term in a definition leads to that term."""
    text = client.get("/ontology", headers=HTML).text

    assert '<a href="#SocialProblem"><code>sr:SocialProblem</code></a>' in text


def test_drawing_and_its_words(client):
    """The drawing has a link for each class and property, and stands in a region that can be scrolled by keyboard."""
    text = client.get("/ontology", headers=HTML).text
    region = r'<div class="scroll" role="region" aria-labelledby="the-drawing" tabindex="0">.*?</svg>'
    drawing = re.search(region, text, re.DOTALL)[0]

    assert 'href="#targets"' in drawing
    assert 'href="#PopulationGroup"' in drawing
    assert set(re.findall(r'href="#([^"]+)"', drawing)) <= set(ids(text))


@pytest.mark.parametrize(
    ("path", "accept", "media_type"),
    [
        ("/ontology", "text/turtle", "text/turtle"),
        ("/ontology", "*/*", "text/turtle"),
        ("/ontology", "application/rdf+xml", "application/rdf+xml"),
        ("/ontology", "text/html;q=0.5, application/ld+json", "application/ld+json"),
        ("/ontology.nt", "text/html", "application/n-triples"),
        ("/ontology/0.2.0", "text/turtle", "text/turtle"),
        ("/ontology/0.2.0.jsonld", "text/html", "application/ld+json"),
        ("/shapes", "text/turtle", "text/turtle"),
        ("/shapes.rdf", "text/html", "application/rdf+xml"),
        ("/validation", "application/n-triples", "application/n-triples"),
        ("/validation.ttl", "text/html", "text/turtle"),
    ],
)
def test_accept_or_the_ending_gives_the_same_triples_in_rdf(client, project, path, accept, media_type):
    """By Accept or by its ending an address gives RDF, the same triples in each format."""
    response = client.get(path, headers={"Accept": accept})
    name = {"o": "ontology", "s": "shapes", "v": "report"}[path[1]]
    given = read(response)

    assert (response.status_code, response.mimetype) == (200, media_type)
    assert "Accept" in response.vary
    assert isomorphic(given, rdflib.Graph().parse(project.dist / f"{name}.ttl"))


def test_turtle_is_the_file(client, project):
    """The Turtle is the file of the release, byte for byte, and is not sent again to one who has it."""
    first = client.get("/ontology", headers={"Accept": "text/turtle"})
    again = client.get("/ontology", headers={"Accept": "text/turtle", "If-None-Match": first.headers["ETag"]})

    assert first.data == (project.dist / "ontology.ttl").read_bytes()
    assert (again.status_code, again.data) == (304, b"")


def test_links_to_the_formats(client):
    """The page says where the same is to be had as RDF."""
    links = client.get("/ontology", headers=HTML).headers.getlist("Link")

    assert '<https://mini.example.org/ontology.ttl>; rel="alternate"; type="text/turtle"' in links


def test_an_earlier_version_is_told_from_its_own_release(client):
    """An earlier version is told from its own release, without counts, with a link to the current one."""
    page = client.get("/en/ontology/0.0.9", headers=HTML).text
    turtle = client.get("/ontology/0.0.9.ttl").text

    assert "Former" in page
    assert 'href="../../en/ontology"' in page
    assert "in the graph" not in page
    assert "sr:Former" in turtle


def test_an_unknown_version_is_told_with_those_that_exist(client):
    """A version that does not exist is told so, with those that do; programs get a problem document."""
    page = client.get("/en/ontology/7.0", headers=HTML)
    problem = client.get("/ontology/7.0.ttl")

    assert page.status_code == problem.status_code == 404
    assert "There is no version 7.0" in page.text
    assert 'href="../../en/ontology/0.0.9"' in page.text
    assert problem.mimetype == "application/problem+json"


def test_the_context_is_the_file_of_the_release(client, project):
    """The JSON-LD context is the file of the release, may be read from anywhere and kept for a while."""
    response = client.get("/context.jsonld")

    assert response.mimetype == "application/ld+json"
    assert response.data == (project.dist / "context.jsonld").read_bytes()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.cache_control.max_age > 0


def test_every_shape_and_check_is_told_in_words_and_turtle(client, project):
    """Every shape and every check has its place, with its constraints in words, its message and its Turtle."""
    text = client.get("/shapes", headers=HTML).text
    entry = re.search(r'<section class="term" id="Initiative-targets">.*?</section>', text, re.DOTALL)[0]
    shapes = {t.subject.value for t in parse(path=str(project.dist / "shapes.ttl"), format=RdfFormat.TURTLE)
              if "shapes#" in str(t.subject)}  # fmt: skip

    assert {iri.rpartition("#")[2] for iri in shapes} <= set(ids(text))
    assert {f"check-{check.slug}" for check in read_queries(project.checks)} <= set(ids(text))
    for words in ("avertissement", "au moins une valeur", "Le texte ne dit pas à qui", "sh:minCount 1", "s’adresse à"):
        assert words in entry


def test_words_for_every_constraint(client):
    """No constraint of our shapes is left without words."""
    for path in ("/shapes", "/en/shapes"):
        for constraints in re.findall(
            r"<dt>(?:Demande|Demands)</dt><dd>(.*?)</dd>", client.get(path, headers=HTML).text
        ):
            assert "sh:" not in re.sub(r"<code>(?:[^<]*)</code>(?=[,;<]|$)", "", constraints), constraints


def test_the_page_says_whether_the_graph_conforms(client, project):
    """The page says whether the graph conforms, and each result with its thing and the shape that demands it."""
    report = json.loads((project.dist / "report.json").read_text(encoding="utf-8"))
    text = client.get("/en/validation", headers=HTML).text

    assert "The graph conforms" in text
    assert f"{report['shapes']} shapes" in text
    assert f"{report['checks']} checks" in text
    assert report["results"]
    for result in report["results"]:
        anchor = result["source"].rpartition("#")[2]
        assert f'href="../en/shapes#{anchor}"' in text
        assert f'href="../en/doc/{result["focus"].rpartition("/id/")[2]}"' in text


def test_results_have_an_address(client):
    """The IRI of a result leads to its place in the page."""
    response = client.get("/validation/1")

    assert response.status_code == 303
    assert urljoin("http://host/validation/1", response.location) == "http://host/validation#1"
    assert 'id="1"' in client.get("/validation", headers=HTML).text
    assert client.get("/validation/10000").status_code == 404


@pytest.fixture
def many(project, tmp_path):
    """A client over a release whose report has 250 results, in words that want to be escaped."""
    rows = [
        {"severity": "violation", "source": f"https://example.org/s#S{n % 2}", "focus": f"https://example.org/<{n}>",
         "path": None, "value": {"type": "literal", "value": "<i>" * 9, "xml:lang": "de"}, "component": "",
         "messages": {"fr": f"<b>Non</b> {n}"}}
        for n in range(250)
    ]  # fmt: skip
    told = {"conforms": False, "violations": 250, "warnings": 0, "shapes": 2, "checks": 0, "results": rows}
    for name in ("graph.nq", "shapes.ttl"):
        (tmp_path / name).write_bytes((project.dist / name).read_bytes())
    (tmp_path / "report.json").write_text(json.dumps(told), encoding="utf-8")
    return serve(project, folder=tmp_path)


def test_long_reports_are_paged(many):
    """A long report comes in pages of a hundred results; there is nothing beyond the last page."""
    seen = []
    for number in ("1", "2", "3"):
        text = many.get(f"/validation?page={number}", headers=HTML).text
        seen += [int(one) for one in ids(text) if one.isdecimal()]

    assert sorted(seen) == list(range(1, 251))
    for number in ("0", "4", "x", "-1", "9" * 400, "²"):
        assert many.get("/validation", query_string={"page": number}, headers=HTML).status_code == 404
    assert urljoin("http://host/validation/101", many.get("/validation/101").location).endswith("?page=2#101")


def test_report_is_escaped(many):
    """What a report holds is shown as text, whatever marks are in it, and what it lacks is no fault."""
    text = many.get("/en/validation", headers=HTML).text

    assert "does not conform" in text
    assert "&lt;b&gt;Non&lt;/b&gt; 0" in text
    assert "<b>" not in text
    assert "<i>" not in text


def test_every_question_stands_under_its_theme(client):
    """Every question is there in the language of the page, under its theme."""
    text = client.get("/en/examples", headers=HTML).text

    for name in EXAMPLES:
        assert f'<a href="../en/examples/{name}">Who? {name}</a>' in text
    assert '<h2 id="theme-initiatives">Initiatives</h2>' in text
    assert '<h2 id="theme-others">Other questions</h2>' in text


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("001-publics", "The answer, "),
        ("002-ask", "Answer: yes"),
        ("003-none", "Nothing in this graph answers the question."),
        ("004-graph", "The answer, a graph"),
        ("006-marks", "The answer, one row"),
    ],
)
def test_an_example_has_its_question_query_and_answer(client, name, answer):
    """An example has its question, its query, its answer, and the ways to the editor and to the answer as data."""
    text = client.get(f"/en/examples/{name}", headers=HTML).text
    formats = re.findall(r'href="([^"]+&amp;format=[^"]+)"', text)

    assert f"<h1>Who? {name}</h1>" in text
    assert answer in text
    assert f'href="../../en/sparql?example={name}"' in text
    assert '<span class="q-word">PREFIX</span>' in text
    assert formats
    for href in formats:
        address = urljoin(f"/en/examples/{name}", href.replace("&amp;", "&"))
        assert client.get(address, headers=HTML).status_code == 200


def test_examples_are_escaped(client):
    """Marks in a query or in its answer are shown as text."""
    text = client.get("/examples/006-marks", headers=HTML).text

    assert text.count("&lt;/pre&gt;&lt;script&gt;") >= 2
    assert "<script>x" not in text


def test_answer_is_asked_for_once(project):
    """The answer of an example is asked for once for a release; one that was refused is asked for again."""
    answer, asked = asker(load([project.dist / "graph.nq"])), []

    def ask(request):
        if "sr:targets ?y" in request.query:
            asked.append(request)
            if len(asked) == 1:
                raise ProblemError("busy", retry_after=2)
        return answer(request)

    client = serve(project, ask=ask)
    texts = [client.get("/en/examples/001-publics", headers=HTML) for _ in range(3)]

    assert [response.status_code for response in texts] == [200] * 3
    assert "The service is busy." in texts[0].text
    assert "The service is busy." not in texts[1].text
    assert len(asked) == 2
    assert 0 < asked[0].seconds <= 5


def test_no_such_example(client):
    """An example that does not exist is not found."""
    assert client.get("/examples/none", headers=HTML).status_code == 404


@pytest.mark.parametrize("media_type", ["text/turtle", "application/ld+json", "application/rdf+xml"])
def test_examples_for_programs(client, media_type):
    """The examples are to be had in the vocabulary of the SIB, with the text that runs, in each format of RDF."""
    response = client.get("/.well-known/sparql-examples", headers={"Accept": media_type})
    graph = read(response)
    conforms, _, text = pyshacl.validate(graph, shacl_graph=rdflib.Graph().parse(data=SIB, format="turtle"))
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    node = rdflib.URIRef("https://mini.example.org/examples/001-publics")

    assert response.mimetype == media_type
    assert conforms, text
    assert len(set(graph.subjects(rdflib.RDF.type, sh.SPARQLExecutable))) == len(EXAMPLES)
    assert EXAMPLES["001-publics"][0] in graph.value(node, sh.select)
    assert rdflib.Literal("Qui ? 001-publics", lang="fr") in set(graph.objects(node, rdflib.RDFS.comment))


def test_examples_of_others_are_refused(client):
    """Where no format of RDF is acceptable, programs are told which there are."""
    assert client.get("/.well-known/sparql-examples", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("start", ["", "/en"])
@pytest.mark.parametrize("path", ["/ontology", "/shapes", "/validation", "/examples"])
def test_pages_over_other_data_say_what_there_is_not(bare, start, path):
    """Over data that are no release, the pages say what there is not; for programs there is nothing."""
    page = bare.get(f"{start}{path}", headers=HTML)

    assert page.status_code == 200
    html5rdf.HTMLParser(strict=True).parse(page.text)
    if path != "/examples":
        assert bare.get(path, headers={"Accept": "text/turtle"}).status_code == 404


@pytest.mark.parametrize("path", ["/context.jsonld", "/ontology/1", "/validation/1", "/.well-known/sparql-examples"])
def test_parts_of_a_release_are_not_found_without_one(bare, path):
    """What only a release has is not found without one."""
    assert bare.get(path).status_code == 404


def test_vocabulary_without_release(tmp_path):
    """The terms that an RDF file declares are told and to be had as RDF, though there is no release."""
    (tmp_path / "kg.toml").write_text('base = "https://e.example/"\ntitle.fr = "É"\ntitle.en = "E"\n', encoding="utf-8")
    text = "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n<http://e/A> a owl:Class . <http://e/x> a <http://e/A> ."
    (tmp_path / "graph.ttl").write_text(text, encoding="utf-8")
    client = create_app(Project.open(tmp_path), asker(load([tmp_path / "graph.ttl"]))).test_client()
    given = read(client.get("/ontology"))

    assert "http://e/A" in client.get("/ontology", headers=HTML).text
    assert set(given) == {(rdflib.URIRef("http://e/A"), rdflib.RDF.type, rdflib.OWL.Class)}


def test_vocabulary_is_escaped(tmp_path):
    """Marks in the labels of a vocabulary and in the number of a version are shown as text."""
    (tmp_path / "kg.toml").write_text('base = "https://e.example/"\ntitle.fr = "É"\ntitle.en = "E"\n', encoding="utf-8")
    text = f"""@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <http://e/A> a owl:Class ; rdfs:label "<b>sr:x</b> « ’ ⋅ · œ\u202f! {"œ" * 5000}" ; rdfs:subClassOf <urn:b:c> ;
          owl:equivalentClass <javascript:alert(1)> ."""
    (tmp_path / "graph.ttl").write_text(text, encoding="utf-8")
    client = create_app(Project.open(tmp_path), asker(load([tmp_path / "graph.ttl"]))).test_client()
    page = client.get("/ontology", headers=HTML).text
    missing = client.get("/ontology/<b>", headers=HTML).text

    html5rdf.HTMLParser(strict=True).parse(page)
    assert "&lt;b&gt;sr:x&lt;/b&gt; « ’ ⋅ · œ\u202f!" in page
    assert 'href="javascript:' not in page
    assert "<b>" not in page + missing
    assert "&lt;b&gt;" in missing


@pytest.mark.parametrize("path", FRENCH)
def test_french_pages_have_the_right_typography(client, path):
    """French pages have ’ and the spaces that do not break, before ; ! ? : and inside « »."""
    text = re.sub(r"<(pre|code|head)\b.*?</\1>", "", client.get(path, headers=HTML).text, flags=re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]*>", "", text))

    assert "'" not in words
    assert not re.findall(r".{20}[^\u202f\u00a0\s][!?;](?:\s|$)|.{20} [!?;:»]|« .{20}", words)
