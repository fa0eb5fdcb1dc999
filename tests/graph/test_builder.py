"""The build gives the golden graph and tells everything that is wrong in wrong input."""

import ast
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple
from spoiled_projects import put_together

from kg.curate.quoting import published_share
from kg.curate.resolver import resolve
from kg.graph.builder import build, read_documents
from kg.graph.quads import document_quads
from kg.graph.time_spans import add_years
from kg.model.errors import InputError, KgError, Problem
from kg.model.iris import DCT, OA, OWL, RDF, SCHEMA, SKOS, SR, TYPE, XSD
from kg.model.project import Project
from kg.model.shared_files import SHARED
from kg.release.assembly import make_release
from kg.release.gate import check_project, engine_of

HERE = Path(__file__).resolve().parent
CASES = sorted((HERE / "errors").glob("*.yaml"))
GOLDEN = HERE.parent / "golden" / "mini.nq"


def contents(folder: Path) -> dict[Path, bytes]:
    """All files of a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(work: Callable[[Project], object], folder: Path) -> KgError:
    """The error with which a project is refused."""
    with pytest.raises(KgError) as caught:
        work(Project.open(folder, shared=folder if (folder / "ontology").exists() else SHARED))
    return caught.value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_wrong_input_is_told_with_its_place_and_nothing_is_written(path, tmp_path, root):
    """Wrong input is told with file, line, column, what was found and what to do, and nothing is written.

    ``kg check`` refuses it with the words of ``kg build``.
    """
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    put_together(case, HERE / "errors" / "base", tmp_path / "p", root)
    before = contents(tmp_path)
    error = refused(lambda project: check_project(project, engine=engine_of(project)), tmp_path / "p")

    assert contents(tmp_path) == before
    assert (type(error), str(error)) == (type(other := refused(make_release, tmp_path / "p")), str(other))
    assert type(error).__name__ == case.get("error", "InputError"), str(error)
    if "error" in case:
        assert [words for words in case["says"] if words not in str(error)] == [], str(error)
        return
    problems = error.problems
    told = [(f"{p.file}:{p.line}:{p.column}" if p.line else p.file, p.code) for p in problems]
    assert told == [(one["at"], one["code"]) for one in case["problems"]], str(error)
    for problem, expected in zip(problems, case["problems"], strict=True):
        assert [words for words in expected.get("says", []) if words not in str(problem)] == [], str(problem)
        assert problem.found, problem.code
        assert problem.todo.endswith((".", ":", "”")) or "\n" in problem.todo, problem.code


def codes_of(tree: ast.AST) -> set[str]:
    """The codes of the problems that a module can make."""
    places = {"Problem": 3, "problem": 0, "report": 2}
    codes = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in places or len(node.args) < 3:
            continue
        code = node.args[places[name]] if len(node.args) > places[name] else None
        if isinstance(code, ast.Constant) and isinstance(code.value, str) and (name != "report" or len(node.args) == 5):
            codes.add(code.value)
    return codes


def test_every_code_has_a_case(root):
    """Each kind of problem has a case in errors/ or folders/, and no case has a kind of its own."""
    codes = set()
    for path in (root / "kg").rglob("*.py"):
        codes |= codes_of(ast.parse(path.read_text(encoding="utf-8")))
    cases = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (*CASES, *HERE.glob("folders/*.yaml"))]
    shown = {problem["code"] for case in cases for key in ("problems", "notes") for problem in case.get(key, [])}

    assert len(codes) > 20
    assert shown == codes


def test_problems_are_told_once_and_in_order():
    """Problems are sorted by file and place, each told once, with their number at the end."""
    late, early = Problem("b", 1, 1, "form", "late", "Do."), Problem("a", 9, 1, "form", "early", "Do\nthis.")

    error = InputError([late, early, late])

    assert error.problems == [early, late]
    expected = "a:9:1: early\n    Do\n    this.\nb:1:1: late\n    Do.\n2 problems; nothing was written."
    assert str(error) == expected


def in_graph(quads: list[Quad], graph: NamedNode) -> list[str]:
    """The quads of a graph as sorted N-Quads lines."""
    return sorted(f"{quad} .\n" for quad in quads if quad.graph_name == graph)


def values(quads: list[Quad], subject: NamedNode, predicate: str) -> set:
    """The values of a subject's property in any graph."""
    return {quad.object for quad in quads if quad.subject == subject and quad.predicate.value == predicate}


def test_the_small_project_gives_its_golden_graph(mini, tmp_path):
    """The graph of the small project is the one that was read line by line against its annotations."""
    quads = build(mini).quads
    names = ("things", "inferred", "atelier-du-canal", "jardin-des-ponts")
    lines = sorted(line for name in names for line in in_graph(quads, mini.minter.graph(name)))
    made = tmp_path / "mini.nq"
    made.write_text("".join(lines), encoding="utf-8")

    todo = f"The graph of tests/mini changed. Read the difference; where it is meant: cp {made} {GOLDEN}"
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines(keepends=True), todo


def test_order_of_documents_does_not_matter(mini, monkeypatch):
    """Documents can be read in any order: the graph is the same."""
    forwards = build(mini).quads
    folders = mini.documents()
    monkeypatch.setattr(Project, "documents", lambda _: folders[::-1])
    backwards = build(mini).quads

    assert len(folders) == 2
    assert {str(quad) for quad in backwards} == {str(quad) for quad in forwards}
    assert len(backwards) == len(forwards)


def test_a_document_is_built_by_a_pure_function(mini):
    """The graph of a document comes from its text, annotations and the index of things alone, however often."""
    built = build(mini)
    problems = []
    _, entries = read_documents(mini, problems)
    for document in reversed(built.documents):
        for _ in range(2):
            found, wrong = resolve(document, entries[document.id], built.things, built.ontology, mini.minter)
            stated = add_years({document.id: found})[document.id]
            quads = document_quads(
                document, stated, mini.minter, published_share(document, [s.passage for s in stated])
            )
            graph = mini.minter.graph(document.id)

            assert not wrong
            assert sorted({f"{quad} .\n" for quad in quads}) == in_graph(built.quads, graph)
    assert not problems


@pytest.mark.parametrize("which", ["mini", "project"])
def test_no_blank_node_and_no_triple_in_two_graphs(which, request):
    """Every node has an IRI, and every triple stands in one graph, once."""
    quads = build(request.getfixturevalue(which)).quads
    terms = {term for quad in quads for term in quad}

    assert not [term for term in terms if isinstance(term, BlankNode)]
    assert len({quad.triple for quad in quads}) == len(quads)


@pytest.mark.parametrize("which", ["mini", "project"])
def test_each_statement_has_its_assertion(which, request):
    """Each statement stands in one graph, as its assertions mean it, and each assertion has its statement there."""
    project = request.getfixturevalue(which)
    built = build(project)
    needs = {prop.iri for prop in built.ontology.properties.values()}
    graphs = {project.minter.graph(name): name for name in ("things", "inferred")}
    said = {
        q.triple: graphs[q.graph_name] for q in built.quads if q.graph_name in graphs and q.predicate.value in needs
    }
    parts: dict = {}
    for quad in built.quads:
        if quad.predicate.value in (RDF + "subject", RDF + "predicate", RDF + "object", SR + "modality"):
            parts.setdefault(quad.subject, {})[quad.predicate.value] = quad.object
    aims = {q.subject for q in built.quads if q.predicate.value == RDF + "type" and q.object.value == SR + "Aim"}
    meant: dict = {}
    for part in parts.values():
        triple = Triple(*(part[RDF + name] for name in ("subject", "predicate", "object")))
        modality = part[SR + "modality"].value.removeprefix(SR)
        is_aim = triple.subject in aims or triple.predicate.value == SR + "hasAim"
        meant.setdefault(triple, set()).add("nowhere" if modality == "intended" and not is_aim else modality)
    expected = {
        t: "inferred" if m <= {"inferred", "nowhere"} else "things" for t, m in meant.items() if m != {"nowhere"}
    }

    assert said == expected
    assert set(said.values()) == {"things", "inferred"}
    assert ["nowhere"] in [list(m) for m in meant.values()] or which == "mini"


BASE = "https://example.org/mini/id"
SPAN = f"<{BASE}/temps/depuis-2015>"


@pytest.mark.parametrize(
    ("document", "statement"),
    [
        ("atelier-du-canal", f"<{BASE}/initiative/velotheque> <{SR}hasAim> <{BASE}/but/acces-a-l-emploi>"),
        ("jardin-des-ponts", f'{SPAN} <{SR}mentionedAs> "Depuis 2015"@fr'),
        ("jardin-des-ponts", f'{SPAN} <{SR}earliestYear> "2015"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    ],
    ids=["thing", "words", "number"],
)
def test_id_of_an_assertion(mini, document, statement):
    """The id of an assertion is 12 hex digits of the sha256 of subject, property and value as N-Triples."""
    digest = hashlib.sha256(statement.encode()).hexdigest()[:12]
    iri = NamedNode(f"{BASE}/assertion/{document}/{digest}")
    quads = build(mini).quads

    assert values(quads, iri, RDF + "type") == {NamedNode(SR + "Assertion")}
    told = [values(quads, iri, RDF + part) for part in ("subject", "predicate", "object")]
    assert " ".join(str(next(iter(part))) for part in told) == statement


def test_one_fact_in_two_passages_is_one_assertion(mini):
    """Two facts of one document with the same subject, property and value are one assertion with two passages."""
    quads = build(mini).quads
    minter = mini.minter
    offer = (minter.thing("initiative/velotheque"), NamedNode(SR + "offers"), minter.thing("offre/pret-de-velos"))
    iri = minter.assertion("atelier-du-canal", *offer)

    assert len(values(quads, iri, SR + "evidence")) == 2
    assert {value.value for value in values(quads, iri, SR + "quote")} == {
        "la Vélothèque, un service de prêt de vélos",
        "La Vélothèque prête des vélos",
    }
    assert len(values(quads, iri, SR + "modality")) == 1


def test_one_statement_of_two_documents_has_two_assertions(mini):
    """What two documents say stands once in the graph of things, with an assertion in each document."""
    quads = build(mini).quads
    minter = mini.minter
    said = (minter.thing("situation/crue-de-2019"), NamedNode(SR + "hasTimeSpan"), minter.thing("temps/2019"))
    assertions = [minter.assertion(document, *said) for document in ("atelier-du-canal", "jardin-des-ponts")]

    assert [quad.graph_name for quad in quads if quad.triple == Triple(*said)] == [minter.graph("things")]
    for assertion in assertions:
        assert values(quads, assertion, RDF + "subject") == {said[0]}


@pytest.mark.parametrize(
    ("modalities", "graph"),
    [
        (("context", "context"), "things"),
        (("inferred", "reported"), "things"),
        (("presented", "inferred"), "things"),
        (("intended", "reported"), "things"),
        (("inferred", "inferred"), "inferred"),
        (("inferred", "intended"), "inferred"),
        (("intended", "inferred"), "inferred"),
        (("intended", "intended"), None),
    ],
    ids=str,
)
def test_a_statement_of_two_documents_stands_in_one_graph(mini, modalities, graph):
    """A statement is stated if one document states it, else inferred if one infers it, else it stands nowhere."""
    minter = mini.minter
    said = (minter.thing("situation/crue-de-2019"), NamedNode(SR + "hasTimeSpan"), minter.thing("temps/2019"))
    for document, modality in zip(("atelier-du-canal", "jardin-des-ponts"), modalities, strict=True):
        path = mini.data / document / "annotations.yaml"
        text = re.sub(
            r"(hasTimeSpan\n +value: temps/2019\n +quote: .*\n +modality: )\w+", rf"\1{modality}", path.read_text()
        )
        path.write_text(text)
    quads = build(mini).quads
    assertions = [minter.assertion(document, *said) for document in ("atelier-du-canal", "jardin-des-ponts")]

    assert [values(quads, iri, SR + "modality") for iri in assertions] == [{NamedNode(SR + m)} for m in modalities]
    assert [q.graph_name for q in quads if q.triple == Triple(*said)] == ([minter.graph(graph)] if graph else [])


@pytest.mark.parametrize("modality", ["intended", "inferred"])
@pytest.mark.parametrize("predicate", ["hasAim", "benefits"])
def test_an_aim_is_stated_though_it_is_intended(mini, modality, predicate):
    """That the text has an aim, and what it says of one, is its word; what the editors conclude of an aim is not."""
    minter = mini.minter
    path = mini.data / "atelier-du-canal" / "annotations.yaml"
    pattern = rf"(property: {predicate}\n +value: \S+\n +quote: .*\n +modality: )(aim|intended)"
    path.write_text(re.sub(pattern, rf"\1{modality}", path.read_text()))
    aim = minter.thing("but/acces-a-l-emploi")
    graphs = {q.graph_name for q in build(mini).quads if q.predicate.value == SR + predicate and aim in tuple(q.triple)}

    assert graphs == {minter.graph("things" if modality == "intended" else "inferred")}


def test_a_thing_of_two_documents_has_what_either_says(mini):
    """Definition and facts of a thing may stand in one document or in another."""
    quads = build(mini).quads
    thing = mini.minter.thing("organisation/jardin-des-ponts")

    assert {value.language for value in values(quads, thing, SKOS + "definition")} == {"fr", "en"}
    assert {value.value for value in values(quads, thing, SR + "mentionedAs")} == {
        "le Jardin des Ponts",
        "Le Jardin des Ponts",
    }


def test_definition_and_note_of_a_document_are_kept(mini):
    """What the editors say of a document stands in the graph of things."""
    path = mini.data / "jardin-des-ponts" / "annotations.yaml"
    text = path.read_text(encoding="utf-8")
    more = "  definition: {fr: Un texte., en: A text.}\n  note: {fr: Bref., en: Short.}\n  facts:"
    path.write_text(text.replace("  facts:", more, 1), encoding="utf-8")
    quads = build(mini).quads
    document = mini.minter.document("jardin-des-ponts")

    assert {value.value for value in values(quads, document, SKOS + "definition")} == {"Un texte.", "A text."}
    assert {value.value for value in values(quads, document, SKOS + "editorialNote")} == {"Bref.", "Short."}
    assert len(values(quads, document, RDF + "type")) == 1


def test_quotes_are_the_text_at_their_offsets(built):
    """Each passage has the words, the neighbours and the sentence of its code points, zero-based, end exclusive."""
    document = built.documents[0]
    iri = f"https://w3id.org/social-response/id/passage/{document.id}/"
    passages = {quad.subject.value for quad in built.quads if quad.predicate.value == SR + "inSentence"}
    found = {}
    for quad in built.quads:
        if quad.subject.value.startswith(iri):
            found.setdefault(quad.subject.value, {})[quad.predicate.value] = quad.object.value
    assert len(passages) > 300
    for passage in passages:
        start, end = map(int, passage.removeprefix(iri).split("-"))
        quote, position = found[f"{passage}.quote"], found[f"{passage}.position"]

        assert quote[OA + "exact"] == document.text[start:end]
        assert quote[OA + "prefix"] == document.text[max(start - 32, 0) : start]
        assert quote[OA + "suffix"] == document.text[end : end + 32]
        assert (position[OA + "start"], position[OA + "end"]) == (str(start), str(end))
        sentence = document.sentences[int(found[passage][SR + "inSentence"]) - 1]
        assert sentence.start <= start < end <= sentence.end


def test_sentences_are_in_the_release_with_their_places(mini):
    """Each document has its sentences, as the one splitter makes them: number and place, none of the words."""
    built = build(mini)
    for document in built.documents:
        iri = mini.minter.document(document.id)
        of_document = [q.subject for q in built.quads if q.predicate.value == SR + "sentenceOf" and q.object == iri]
        places = {}
        for sentence in of_document:
            number, begin, end = (values(built.quads, sentence, SR + name) for name in ("number", "begin", "end"))
            places[int(number.pop().value)] = int(begin.pop().value), int(end.pop().value)

        assert places == {one.number: (one.start, one.end) for one in document.sentences}
        assert of_document[0] == NamedNode(f"{mini.minter.base}id/sentence/{document.id}/1")
        assert len(places) == len(of_document) > 9


def test_only_quotes_of_a_text_leave_the_house(mini):
    """With text = "quotes" the graph holds the words of the quotes, what tells their places apart, and nothing else."""
    built = build(mini)
    (document,) = (one for one in built.documents if one.id == "jardin-des-ponts")
    graph = mini.minter.graph(document.id)
    quads = [quad for quad in built.quads if quad.graph_name == graph]
    said = {quad.subject: quad.object.value for quad in quads if quad.predicate.value == OA + "exact"}
    edges = (OA + "prefix", OA + "suffix")
    around = {q.subject for q in quads if q.predicate.value in edges and q.object.value}

    assert not any(quad.predicate.value == SCHEMA + "text" for quad in quads)
    assert around == {selector for selector, words in said.items() if document.text.count(words) > 1}
    for selector, words in said.items():
        parts = [next(iter(values(quads, selector, OA + name))).value for name in ("prefix", "suffix")]
        assert document.text.count(f"{parts[0]}{words}{parts[1]}") == 1
    (share,) = values(quads, mini.minter.document(document.id), SR + "publishedShare")
    (told,) = (one for one in built.coverage if one.document == document.id)
    assert 0.3 < float(share.value) == told.published < 0.95
    assert told.summary().endswith(f"Quotes publish {told.published:.1%} of the text.")


def test_a_whole_text_is_published_whole(mini):
    """The share of a text that is published whole is 1, and nothing is said of it in the summary."""
    built = build(mini)
    (told,) = (one for one in built.coverage if one.document == "atelier-du-canal")

    assert values(built.quads, mini.minter.document(told.document), SR + "publishedShare") == {decimal("1")}
    assert "publish" not in told.summary()


def decimal(digits: str) -> Literal:
    """A decimal number as the store writes it."""
    return Literal(digits, datatype=NamedNode(XSD + "decimal"))


def test_offsets_are_code_points(tmp_path, root):
    """Signs beyond the first plane and letters of several bytes count as one."""
    text = "Le Foyer 🏠 des été\nIl accueille."
    annotations = (
        "- id: organisation/foyer\n  type: Organization\n  label: {fr: Le Foyer, en: Le Foyer}\n"
        "  facts:\n  - {property: mentionedAs, quote: accueille, modality: reported}\n"
    )
    files = {"data/ici/text.txt": text, "data/ici/annotations.yaml": annotations}
    put_together({"files": files}, HERE / "errors" / "base", tmp_path / "p", root)
    quads = build(Project.open(tmp_path / "p")).quads
    starts = {quad.object.value for quad in quads if quad.predicate.value == OA + "start"}

    assert starts == {"22"}
    assert text[22:31] == "accueille"


def test_a_full_text_is_published_only_where_the_description_says_so(mini):
    """With text = "quotes" the graph has the quotes of a document and not its text."""
    quads = build(mini).quads
    texts = {quad.subject for quad in quads if quad.predicate.value == "http://schema.org/text"}

    assert texts == {mini.minter.document("atelier-du-canal")}
    assert values(quads, mini.minter.document("jardin-des-ponts"), SR + "sha256")


def test_withdrawn_ids_are_in_the_metadata(mini):
    """A withdrawn id is deprecated, with its reason in both languages and its successor."""
    quads = build(mini).quads
    gone, other = mini.minter.thing("initiative/pret-de-velos"), mini.minter.thing("lieu/gare")

    assert values(quads, gone, OWL + "deprecated") == {Literal(True)}
    assert values(quads, gone, DCT + "isReplacedBy") == {mini.minter.thing("initiative/velotheque")}
    assert {value.language for value in values(quads, other, SKOS + "changeNote")} == {"fr", "en"}
    assert not values(quads, other, DCT + "isReplacedBy")


def test_a_property_of_ones_own_works(mini):
    """A property that a file of the project declares is usable at once, and its range is held."""
    (mini.root / "ontology").mkdir()
    with (mini.root / "ontology" / "own.ttl").open("a", encoding="utf-8") as file:
        file.write(
            "@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix schema: <http://schema.org/> .\n"
            f"@prefix sr: <{SR}> . @prefix xsd: <{XSD}> .\n"
            "@prefix my: <https://example.org/my#> .\n"
            "my:funds a owl:ObjectProperty ; sr:needsEvidence true ; schema:rangeIncludes sr:Initiative .\n"
            "my:since a owl:DatatypeProperty ; sr:needsEvidence true ; schema:rangeIncludes xsd:gYear .\n"
        )
    path = mini.data / "jardin-des-ponts" / "annotations.yaml"
    entry = (
        "\n- id: lieu/mairie\n  type: Place\n  label: {fr: mairie, en: town hall}\n  facts:\n"
        "  - {property: 'my:funds', value: initiative/potager, quote: un potager partagé, modality: inferred}\n"
        "  - {property: 'my:since', value: 2015, quote: Depuis 2015, modality: inferred}\n"
    )
    path.write_text(path.read_text(encoding="utf-8") + entry, encoding="utf-8")
    quads = build(mini).quads
    place = mini.minter.thing("lieu/mairie")

    assert values(quads, place, "https://example.org/my#funds") == {mini.minter.thing("initiative/potager")}
    year = Literal("2015", datatype=NamedNode(XSD + "gYear"))
    assert values(quads, place, "https://example.org/my#since") == {year}
    path.write_text(path.read_text(encoding="utf-8").replace("value: initiative/potager, ", "value: lieu/ecole, "))
    with pytest.raises(InputError, match="is no value for 'my:funds'"):
        build(mini)


def test_no_date_but_the_release_s(mini):
    """The only date of the metadata is the one that kg.toml gives."""
    quads = build(mini).quads
    graph = mini.minter.graph("metadata")
    dates = [quad.object.value for quad in quads if quad.graph_name == graph and "date" in str(quad.object)]

    assert dates == ["2026-01-15"]


def test_marks_lead_from_the_graph_to_the_annotations(mini):
    """A thing and an assertion of the graph have the place in the annotations that says them."""
    built = build(mini)
    lines = (mini.data / "atelier-du-canal" / "annotations.yaml").read_text(encoding="utf-8").splitlines()
    thing = built.locations[mini.minter.thing("initiative/velotheque").value]
    assertions = [iri for iri in built.locations if "/id/assertion/" in iri]

    assert thing.file == "data/atelier-du-canal/annotations.yaml"
    assert lines[thing.line - 1][thing.column - 1 :] == "initiative/velotheque"
    assert set(assertions) == {
        quad.subject.value
        for quad in built.quads
        if quad.object == NamedNode(SR + "Assertion") and quad.predicate == TYPE
    }


def test_editors_relate_concepts_without_a_quote(mini):
    """Relations and codes that editors give to concepts stand among them, and once where a document has them too."""
    minter = mini.minter
    path = mini.root / "ontology" / "thesaurus.ttl"
    path.parent.mkdir()
    more = """
    @prefix public: <https://example.org/mini/id/public/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
    public:travailleurs-de-nuit skos:broader public:habitants ; skos:related public:benevoles ; skos:notation "TN" .
    public:benevoles skos:narrower public:cuisiniers-benevoles ; skos:broader public:habitants .
    public:cuisiniers-benevoles skos:broader public:benevoles .
    """
    path.write_text(more, encoding="utf-8")
    quads = build(mini).quads
    by_graph = {
        name: {(q.subject.value.rsplit("/")[-1], q.predicate.value.rsplit("#")[-1], q.object.value.rsplit("/")[-1])
               for q in quads if q.graph_name == minter.graph(name)}
        for name in ("things", "inferred", "concepts")
    }  # fmt: skip

    assert {
        ("travailleurs-de-nuit", "broader", "habitants"),
        ("travailleurs-de-nuit", "related", "benevoles"),
        ("travailleurs-de-nuit", "notation", "TN"),
        ("benevoles", "narrower", "cuisiniers-benevoles"),
    } <= by_graph["concepts"]
    stated = ("cuisiniers-benevoles", "broader", "benevoles")
    assert [name for name, said in by_graph.items() if stated in said] == ["inferred"]
    tops = {subject for subject, predicate, _ in by_graph["things"] if predicate == "topConceptOf"}
    assert tops & {"travailleurs-de-nuit", "benevoles", "cuisiniers-benevoles", "habitants"} == {"habitants"}
