"""Every format of a release says the same graph, always in the same bytes."""

import dataclasses
import json
import os
import random
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import rdflib
from hypothesis import example, given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.graph.builder import build
from kg.model import release_files
from kg.model.errors import ReleaseError
from kg.model.iris import HOME, OA, RDF, SKOS, SR, TYPE, XSD
from kg.release.formats.arrangement import Section, arrange
from kg.release.formats.graph_files import graph_files, graph_nquads, things_jsonld, validate_spellings
from kg.release.formats.turtle import one_graph_turtle, write_turtle

ROOT = Path(__file__).resolve().parents[2]
WHOLE = {"graph.nt": RdfFormat.N_TRIPLES, "graph.trig": RdfFormat.TRIG, "graph.nq": RdfFormat.N_QUADS}
PARTS = {**{file: name for name, file in release_files.OF_ONE_GRAPH.items()}, "things.jsonld": "things"}


def derived_quads(minter):
    """A few triples as rules would add them."""
    graph, thing, effect = minter.graph("derived"), minter.thing("initiative/une"), minter.thing("effet/un")
    outcome = NamedNode(SR + "hasOutcome")
    return [
        Quad(thing, outcome, effect, graph),
        Quad(thing, TYPE, NamedNode("http://www.w3.org/ns/org#OrganizationalCollaboration"), graph),
        Quad(minter.thing("rien/de-connu"), outcome, effect, graph),
    ]


@pytest.fixture(scope="module")
def project(mini_factory, tmp_path_factory):
    """The small project with two documents and a base of its own."""
    return mini_factory(tmp_path_factory.mktemp("formats") / "mini")


@pytest.fixture(scope="module")
def built(project):
    """The graph of the project, with a few derived triples."""
    made = build(project)
    return dataclasses.replace(made, quads=[*made.quads, *derived_quads(project.minter)])


@pytest.fixture(scope="module")
def files(built, project):
    """All files of the graph."""
    return graph_files(arrange(built.quads, built.ontology, project), project.context.read_bytes())


def triples_of(quads, *graphs):
    """The triples of the graphs named, or of all."""
    return {quad.triple for quad in quads if not graphs or quad.graph_name in graphs}


def document_graphs(built, minter):
    """The graphs of the documents."""
    return [minter.graph(document.id) for document in built.documents]


def of_class(built, iri):
    """The nodes of a class."""
    return {quad.subject for quad in built.quads if quad.predicate == TYPE and quad.object == NamedNode(iri)}


def parsed(data, form):
    """The triples of a file as pyoxigraph reads them."""
    return {quad.triple for quad in parse(data, form)}


def with_rdflib(data, form):
    """The triples of a file as rdflib reads them, spelling for spelling, in pyoxigraph's terms."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", DeprecationWarning)  # rdflib's JSON-LD reader uses its own old classes
        patch.setattr(rdflib, "NORMALIZE_LITERALS", False)
        graph = rdflib.Graph().parse(data=data, format=form)
    return parsed(graph.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_graph_comes_back(files, built, name):
    """The files of the whole graph hold every triple; those with named graphs every quad."""
    if name == "graph.nt":
        assert parsed(files[name], WHOLE[name]) == triples_of(built.quads)
    else:
        assert set(parse(files[name], WHOLE[name])) == set(built.quads)


@pytest.mark.parametrize("name", PARTS)
def test_part_comes_back(files, built, project, name):
    """The files of one graph hold the triples of that graph, for pyoxigraph and for rdflib."""
    expected = triples_of(built.quads, project.minter.graph(PARTS[name]))
    form = RdfFormat.JSON_LD if name.endswith(".jsonld") else RdfFormat.TURTLE
    assert parsed(files[name], form) == expected
    assert with_rdflib(files[name], "json-ld" if name.endswith(".jsonld") else "turtle") == expected


@pytest.mark.parametrize(("name", "form", "other"), [("evidence.ttl", RdfFormat.TURTLE, "turtle"),
                                                     ("evidence.jsonld", RdfFormat.JSON_LD, "json-ld")])  # fmt: skip
def test_evidence_comes_back(files, built, project, name, form, other):
    """The files of the evidence hold the triples of all documents, for pyoxigraph and for rdflib."""
    expected = triples_of(built.quads, *document_graphs(built, project.minter))
    assert parsed(files[name], form) == expected
    assert with_rdflib(files[name], other) == expected


def test_rdf12_maps_back(files, built):
    """With rdf:reifies taken apart again, the RDF 1.2 file holds every triple of the graph."""
    found = set()
    for triple in parsed(files["graph-rdf12.ttl"], RdfFormat.TURTLE):
        if triple.predicate.value == RDF + "reifies":
            parts = zip(("subject", "predicate", "object"), triple.object, strict=True)
            found |= {Triple(triple.subject, NamedNode(RDF + part), term) for part, term in parts}
        else:
            found.add(triple)
    assert found == triples_of(built.quads)


def test_rdf12_reifies_every_assertion(files, built):
    """Each assertion reifies one triple in the RDF 1.2 file, which announces its version."""
    text = files["graph-rdf12.ttl"].decode()
    assertions = of_class(built, SR + "Assertion")
    assert text.count("\trdf:reifies <<( ") == len(assertions)
    assert 'VERSION "1.2"\n' in text
    assert "rdf:predicate" not in text


def test_nquads_are_sorted_and_unique(files, built):
    """The seam has one line a quad, in order of bytes, whatever is handed in twice."""
    lines = files["graph.nq"].splitlines(keepends=True)
    assert lines == sorted(set(lines))
    assert len(lines) == len(set(built.quads))
    assert b"\r" not in files["graph.nq"]


def test_nquads_survive_a_store(files):
    """A store that loads the seam dumps the same lines."""
    store = Store()
    store.bulk_load(input=files["graph.nq"], format=RdfFormat.N_QUADS)
    dumped = store.dump(format=RdfFormat.N_QUADS).splitlines(keepends=True)
    assert b"".join(sorted(dumped)) == files["graph.nq"]


@pytest.mark.parametrize(
    ("value", "datatype"),
    [("1.50", "decimal"), ("007", "integer"), ("7", "nonNegativeInteger"), ("1", "boolean"), ("P12M", "duration")],
)
def test_spelling_that_does_not_survive_is_an_error(value, datatype):
    """A literal that a store would spell in another way stops the release and is named."""
    literal = Literal(value, datatype=NamedNode(XSD + datatype))
    with pytest.raises(ReleaseError, match=re.escape(value)):
        validate_spellings(f"<http://a/s> <http://a/p> {literal} <http://a/g> .\n".encode())


def test_release_holds_no_spelling_that_does_not_survive(built, project):
    """A graph with such a literal gives no files; JSON-LD by itself would keep the spelling."""
    minter = project.minter
    value = Literal("P12M", datatype=NamedNode(XSD + "duration"))
    quad = Quad(minter.thing("valeur/audace"), NamedNode(SKOS + "note"), value, minter.graph("things"))
    arrangement = arrange([quad], built.ontology, project)
    with pytest.raises(ReleaseError, match="not the spelling"):
        graph_files(arrangement, project.context.read_bytes())
    assert b'"P12M"' in things_jsonld(arrangement, project.context.read_bytes())


@pytest.mark.parametrize(
    "value",
    [Literal("1.5", datatype=NamedNode(XSD + "decimal")), Literal("P40Y", datatype=NamedNode(XSD + "duration")),
     Literal("201X", datatype=NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")), Literal("2022"),
     Literal("a\n\t\"b\" \\ \u202f; « é »", language="fr"), Literal("true", datatype=NamedNode(XSD + "boolean"))],
)  # fmt: skip
def test_spelling_that_survives_is_kept(built, project, value):
    """Words, numbers and dates in the spelling of a store go through every format as they are."""
    minter = project.minter
    quad = Quad(minter.thing("valeur/audace"), NamedNode(SKOS + "note"), value, minter.graph("things"))
    made = graph_files(arrange([quad], built.ontology, project), project.context.read_bytes())
    assert set(parse(made["graph.nq"], RdfFormat.N_QUADS)) == {quad}
    for name, form in (("things.ttl", "turtle"), ("things.jsonld", "json-ld"), ("graph.nt", "nt")):
        assert with_rdflib(made[name], form) == {quad.triple}, name


@pytest.mark.parametrize(
    "quad",
    [Quad(BlankNode("b"), TYPE, NamedNode("http://a/C"), NamedNode("http://a/g")),
     Quad(NamedNode("http://a/s"), TYPE, BlankNode("b"), NamedNode("http://a/g")),
     Quad(NamedNode("http://a/s"), TYPE, NamedNode("http://a/C"), DefaultGraph())],
)  # fmt: skip
def test_node_without_iri_is_refused(built, project, quad):
    """A blank node, or a triple in no named graph, is no part of a release."""
    with pytest.raises(ReleaseError, match="every node of a release has an IRI"):
        arrange([quad], built.ontology, project)


def test_order_of_quads_makes_no_difference(files, built, project):
    """Shuffled and doubled quads give the same bytes in every file."""
    quads = [*built.quads, *built.quads[:500]]
    random.Random(1).shuffle(quads)
    again = graph_files(arrange(quads, built.ontology, project), project.context.read_bytes())
    assert again == files


PROGRAM = """
import hashlib, sys
from pathlib import Path
from pyoxigraph import RdfFormat, parse
from kg.model.ontology import read_ontology
from kg.release.catalogue.dcat import catalogue_turtle
from kg.release.catalogue.void import void_turtle
from kg.release.formats.graph_files import graph_files
from kg.release.formats.arrangement import arrange
from kg.model.project import Project
from kg.release.assembly import table_files
project = Project.open(Path(sys.argv[1]))
quads = list(parse(sys.stdin.buffer.read(), RdfFormat.N_QUADS))
arrangement = arrange(quads, read_ontology(project), project)
files = graph_files(arrangement, project.context.read_bytes()) | table_files(arrangement)
files["void.ttl"] = void_turtle(arrangement)
files["catalog.ttl"] = catalogue_turtle(arrangement, {name: (1, "00") for name in files})
for name, data in files.items():
    print(name, hashlib.sha256(data).hexdigest())
"""


def test_surroundings_make_no_difference(files, project):
    """Another hash seed, time zone and locale give the same bytes in every file."""
    told = set()
    for seed, zone, locale in (("0", "UTC", "C"), ("4242", "Pacific/Apia", "tr_TR.UTF-8")):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", PROGRAM, str(project.root)]
        done = subprocess.run(command, env=env, input=files["graph.nq"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        told.add(done.stdout)
    assert len(told) == 1


def headings(text):
    """The titles of the sections of a Turtle file."""
    return re.findall(r"^# ─── (.*?) ─+$", text, re.MULTILINE)


def subjects(text):
    """The subjects of a Turtle file as they are written, in order."""
    return re.findall(r"^([a-zA-Z][\w.-]*:[^ ]*|<[^>]*>) ", text, re.MULTILINE)


def test_things_stand_by_class_in_the_order_of_the_ontology(files, built):
    """things.ttl has a section for each class that has things, with its label in French and English."""
    text = files["things.ttl"].decode()
    used = {
        quad.object.value
        for quad in built.quads
        if quad.predicate == TYPE and quad.graph_name.value.endswith("/things")
    }
    kinds = [kind for kind in built.ontology.classes.values() if kind.iri in used]
    expected = [" / ".join(dict.fromkeys((kind.labels["fr"], kind.labels["en"]))) for kind in kinds]
    assert [title for title in headings(text) if title in expected] == expected


def test_things_stand_in_order_of_id(files):
    """Within a section the subjects stand in order of id."""
    for part in files["things.ttl"].decode().split("# ─── ")[1:]:
        ids = subjects(part)
        assert ids == sorted(ids)


def test_types_and_labels_come_first(files):
    """A thing begins with a, then its labels in French and English, then its definition."""
    text = files["things.ttl"].decode()
    blocks = [block for block in text.split("\n\n") if " a sr:Initiative ;\n" in block]
    assert len(blocks) > 1
    for block in blocks:
        lines = [line for line in block.splitlines() if not line.startswith("\t\t")]
        assert lines[1].startswith('\tskos:prefLabel "')
        assert re.findall(r'"@(\w+)', block.split(" ;\n")[1]) == ["fr", "en"]
        predicates = [line.split()[0] for line in lines[1:]]
        assert "skos:definition" not in predicates[2:]


def test_properties_stand_in_the_order_of_the_ontology(files, built):
    """The statements of a thing stand in the order in which the ontology describes their properties."""
    text = files["things.ttl"].decode()
    order = [f"sr:{name}" for name in built.ontology.properties if ":" not in name]
    for block in text.split("\n\n"):
        found = [line.split()[0] for line in block.splitlines() if line.startswith("\tsr:")]
        assert found == sorted(found, key=order.index)


def test_each_kind_has_its_prefix(files, built, project):
    """Each kind of thing has a prefix that is its id segment, and no thing is written as a whole IRI."""
    text = files["things.ttl"].decode()
    for kind in built.ontology.classes.values():
        if f"\n{kind.segment}:" in text:
            assert f"@prefix {kind.segment}: <{project.minter.base}id/{kind.segment}/> .\n" in text
    body = text[text.index("# ───") :]
    assert f"<{project.minter.base}id/" not in body


def test_prefixes_stand_once(files):
    """No Turtle file repeats a prefix line, and each declares only what it uses."""
    for name, data in files.items():
        if name.endswith((".ttl", ".trig")):
            lines = [line for line in data.decode().splitlines() if line.startswith("@prefix")]
            assert len(lines) == len(set(lines)), name
    text = files["things.ttl"].decode()
    for prefix in re.findall(r"@prefix ([\w-]+):", text):
        assert re.search(rf"(?<![\w-]){prefix}:(?! <)", text), prefix


def test_evidence_stands_in_the_order_of_the_text(files, built):
    """In each document, assertions stand in the order of their first passage, passages in the order of the text."""
    text, found = files["evidence.ttl"].decode(), 0
    parts = text.split("· assertions ─")[1:]
    assert len(parts) == len(built.documents)
    for part in parts:
        assertions, passages = part.split("· passages ─")
        lists = re.findall(r"\tsr:evidence (.*?) ;\n", assertions, re.DOTALL)
        first = [min(int(start) for start in re.findall(r":(\d+)-\d+", listed)) for listed in lists]
        assert first == sorted(first)
        places = re.findall(r"^passage-[\w-]+:(\d+)-(\d+) a oa:SpecificResource", passages, re.MULTILINE)
        assert [tuple(map(int, place)) for place in places] == sorted(tuple(map(int, place)) for place in places)
        found += len(places)
    assert found == len(of_class(built, OA + "SpecificResource"))


def test_selectors_follow_their_passage(files):
    """Each passage stands with its two selectors right after it."""
    for part in files["evidence.ttl"].decode().split("· passages ─")[1:]:
        for block in part.split("# ───")[0].split("\n\n")[1:]:
            if block.strip() and not block.startswith("@prefix"):
                passage, *selectors = subjects(block)
                assert selectors == [f"{passage}.position", f"{passage}.quote"]


def test_long_values_stand_on_their_own_lines(files):
    """A long line of values is cut between the values, never inside one."""
    text = files["things.ttl"].decode()
    for line in text.splitlines():
        if line.startswith("\t") and len(line.encode()) > 110:
            assert len(re.sub(r'"(?:[^"\\]|\\.)*"', "", line).split(" , ")) == 1


def test_commas_inside_words_stay(built, project):
    """A comma between spaces inside a literal is kept as it is, also where the line is cut."""
    minter = project.minter
    note = NamedNode(SKOS + "note")
    words = [Literal(f'{"x" * 60} , "y" , \\ z{n}', language="fr") for n in range(3)]
    quads = [Quad(minter.thing("valeur/audace"), note, word, minter.graph("things")) for word in words]
    data = one_graph_turtle(arrange(quads, built.ontology, project), "things")
    assert parsed(data, RdfFormat.TURTLE) == triples_of(quads)
    assert data.count(b",\n\t\t") == 2


def test_comments_cannot_break_out(built, project):
    """A title with a line break stays within its comment."""
    settings = {**project.settings, "title.fr": "un\n<http://a/s> a <http://a/C> .", "title.en": "two\r\nlines"}
    other = dataclasses.replace(project, settings=settings)
    data = one_graph_turtle(arrange(derived_quads(project.minter), built.ontology, other), "things")
    assert parsed(data, RdfFormat.TURTLE) == set()


def test_subject_in_two_groups_is_written_in_full():
    """A subject that goes on from one group to the next loses no triple."""
    subject = NamedNode("http://a/s")
    first, second = (Triple(subject, NamedNode(SKOS + name), Literal("x")) for name in ("note", "example"))
    data = write_turtle(["t"], [Section("", [[first], [second]])], {"skos": SKOS})
    assert parsed(data, RdfFormat.TURTLE) == {first, second}


def test_jsonld_stands_in_the_order_of_the_turtle(files):
    """things.jsonld and evidence.jsonld list the subjects as the Turtle does, id and type first."""
    for name in ("things", "evidence"):
        listed = [node["id"] for node in json.loads(files[f"{name}.jsonld"])["@graph"]]
        turtle = list(dict.fromkeys(q.subject.value for q in parse(files[f"{name}.ttl"], RdfFormat.TURTLE)))
        assert listed == turtle
        for node in json.loads(files[f"{name}.jsonld"])["@graph"]:
            assert next(iter(node)) == "id"
            assert "type" not in list(node)[2:]


def test_jsonld_needs_no_other_file(files, project):
    """The context stands in the JSON-LD file itself, as it is in the ontology's folder."""
    expected = json.loads(project.context.read_bytes())["@context"]
    assert json.loads(files["things.jsonld"])["@context"] == expected


@pytest.mark.parametrize("context", [b"", b"[]", b'{"context": {}}', b"\xff"])
def test_wrong_context_is_an_error(built, project, context):
    """A context file that is none is named in the error."""
    with pytest.raises(ReleaseError, match=r"context\.jsonld"):
        graph_files(arrange(built.quads[:1], built.ontology, project), context)


def test_shared_schemes_keep_their_prefix(files, project):
    """Types have the IRIs that all projects share, whatever the base, and prefixes of their own."""
    things, concepts = files["things.ttl"].decode(), files["concepts.ttl"].decode()
    assert f"@prefix type-initiative: <{HOME}id/type-initiative/> .\n" in things
    assert f"@prefix scheme: <{project.minter.base}id/scheme/> .\n" in concepts
    assert (f"@prefix shared-scheme: <{HOME}id/scheme/> .\n" in concepts) == (project.minter.base != HOME)


def test_empty_graph_gives_empty_files(built, project):
    """No quads at all still give readable files."""
    made = graph_files(arrange([], built.ontology, project), project.context.read_bytes())
    assert made["graph.nq"] == b""
    assert parsed(made["things.ttl"], RdfFormat.TURTLE) == set()
    assert json.loads(made["things.jsonld"])["@graph"] == []
    assert graph_nquads(arrange([], built.ontology, project)) == b""


def test_document_without_facts_is_written(built, project):
    """A document that nothing is asserted from stands in the evidence and in TriG all the same."""
    document = project.minter.document(built.documents[0].id)
    quads = [quad for quad in built.quads if quad.subject == document and quad.predicate == TYPE]
    made = graph_files(arrange(quads, built.ontology, project), project.context.read_bytes())
    assert parsed(made["evidence.ttl"], RdfFormat.TURTLE) == triples_of(quads)
    assert set(parse(made["graph.trig"], RdfFormat.TRIG)) == set(quads)
    assert len(json.loads(made["evidence.jsonld"])["@graph"]) == 1


# ─── Whatever literals and IRIs hold ─────────────────────────────────────────────────────────────────────────────────

ODD = ["\r", "\r\n", "\n", "\t", '"', "'", '"""', "\\", "\\u0041", "&", "<", ">", "]]>", "#", "@fr", "^^", "\u2028",
       "\x85", "\ufeff", "\u200f", "{", "}", "𝔸", "e\u0301", " , ", " ; ", " .\n<urn:a> "]  # fmt: skip
LONG = Literal('a " , \\" , ' + 40 * "long " + ' , " ; ')
TURTLE = Literal('" .\n@prefix a: <urn:b> .\n<urn:a> a <urn:c> .\n', language="fr")
WORDS = st.lists(
    st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)), max_size=6
).map("".join)
LOCAL = st.lists(st.sampled_from([*"az09_~!$*+=@,;'()&.-:é中", "%2F", "?a=1", "__"]), max_size=6).map("".join)
IRIS = LOCAL.map(lambda local: NamedNode(f"http://example.com/{local}"))
LITERALS = st.one_of(
    WORDS.map(Literal),
    st.builds(lambda words, tag: Literal(words, language=tag), WORDS, st.sampled_from(["fr", "en-gb", "zh-hant-tw"])),
    st.builds(lambda words, iri: Literal(words, datatype=iri), WORDS, IRIS),
)


def odd_quads(minter, literal, iri):
    """A thing, a document, a scheme and an alignment that hold a literal and an IRI."""
    thing, passage, document = (minter.thing(name) for name in ("initiative/une", "passage/une", "document/un"))
    scheme, concept = minter.thing("scheme/un"), minter.thing("un/deux")
    words = Literal(literal.value, language="fr")
    texts = minter.graph("jardin-des-ponts")
    return [
        Quad(thing, TYPE, NamedNode(SR + "Initiative"), minter.graph("things")),
        Quad(thing, NamedNode(SKOS + "prefLabel"), words, minter.graph("things")),
        Quad(thing, NamedNode(SKOS + "note"), literal, minter.graph("things")),
        Quad(thing, NamedNode(SKOS + "altLabel"), words, minter.graph("concepts")),
        Quad(scheme, TYPE, NamedNode(SKOS + "ConceptScheme"), minter.graph("concepts")),
        Quad(scheme, NamedNode(SKOS + "prefLabel"), words, minter.graph("concepts")),
        Quad(concept, TYPE, NamedNode(SKOS + "Concept"), minter.graph("concepts")),
        Quad(concept, NamedNode(SKOS + "inScheme"), scheme, minter.graph("concepts")),
        Quad(thing, NamedNode(SKOS + "closeMatch"), iri, minter.graph("alignments")),
        Quad(thing, NamedNode("http://example.com/terms#p"), iri, minter.graph("inferred")),
        Quad(document, TYPE, NamedNode(SR + "Document"), texts),
        Quad(document, NamedNode(SKOS + "prefLabel"), words, texts),
        Quad(passage, TYPE, NamedNode(OA + "SpecificResource"), texts),
        Quad(passage, NamedNode(OA + "hasSource"), document, texts),
        Quad(passage, NamedNode(SR + "quote"), literal, texts),
    ]


@example(literal=LONG, iri=NamedNode("http://example.com/,;'()"))
@example(literal=TURTLE, iri=NamedNode("http://example.com/a"))
@given(literal=LITERALS, iri=IRIS)
def test_odd_words_and_iris_come_back_from_every_format(built, project, literal, iri):
    """Whatever a literal, a label or an IRI holds, pyoxigraph and rdflib read it back from every file of the graph."""
    minter = project.minter
    quads = odd_quads(minter, literal, iri)
    titles = dict.fromkeys(("title.fr", "title.en"), literal.value)
    project = dataclasses.replace(project, settings={**project.settings, **titles})
    files = graph_files(arrange(quads, built.ontology, project), project.context.read_bytes())
    read = set()
    for name, data in files.items():
        if name in WHOLE:
            found = parsed(data, WHOLE[name])
            assert found == triples_of(quads), name
            assert set(parse(data, WHOLE[name])) == set(quads) or name == "graph.nt", name
        elif name in PARTS or name.startswith("evidence"):
            graph = PARTS.get(name, "jardin-des-ponts")
            form = RdfFormat.JSON_LD if name.endswith(".jsonld") else RdfFormat.TURTLE
            assert parsed(data, form) == triples_of(quads, minter.graph(graph)), name
            other = "json-ld" if name.endswith(".jsonld") else "turtle"
            assert with_rdflib(data, other) == triples_of(quads, minter.graph(graph)), name
        else:
            assert parsed(data, RdfFormat.TURTLE) == triples_of(quads), name
        read.add(name)
    assert read == {*WHOLE, *PARTS, "evidence.ttl", "evidence.jsonld", "graph-rdf12.ttl"}
