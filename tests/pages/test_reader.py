"""The page of a text: passages, families, parts, and texts that are withheld."""

import gzip
import re
from html import unescape
from pathlib import Path

import pytest
from page_helpers import GOLDEN, HTML, MINI
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, serialize

from kg.endpoint.evaluation import Limits, asker, load
from kg.model.iris import DCT, OA, PAV, RDF, SCHEMA, SKOS, SR, integer
from kg.model.project import Project
from kg.pages import create_app
from kg.pages.reader.data import FAMILIES, read_document, read_part

LARGEST = 150_000
EVIL = '</a><script>alert("1")</script> « ’ ⋅ · œ é \u202f; ' + "'\"&<b>" * 20


def served(store):
    """A client of an application that serves the store with the settings of the small project."""
    return create_app(Project.open(MINI), asker(store, Limits())).test_client()


@pytest.fixture(scope="module")
def reading():
    """A client of an application that serves two documents, one of which shows only its quotes."""
    return served(load([GOLDEN]))


@pytest.fixture(scope="module")
def own(release):
    """A client of an application that serves the repository's own release."""
    store = Store()
    store.bulk_load(release.files["graph.nq"], format=RdfFormat.N_QUADS)
    for quad in list(store):
        store.add(Quad(quad.subject, quad.predicate, quad.object))
    return create_app(Project.open(Path(__file__).parents[2]), asker(store, Limits())).test_client()


def a_document(text, spans, label="Titre"):
    """A store with one document of the small project, with the spans as passages about one thing."""
    store, document = Store(), NamedNode("https://example.org/mini/id/document/long")
    thing = NamedNode("https://example.org/mini/id/initiative/x")
    rows = [
        (document, RDF + "type", NamedNode(SR + "Document")),
        (document, SCHEMA + "text", Literal(text)),
        (document, SKOS + "prefLabel", Literal(label, language="fr")),
        (thing, RDF + "type", NamedNode(SR + "Initiative")),
        (thing, SKOS + "prefLabel", Literal(label, language="fr")),
    ]
    for start, end in spans:
        passage, place, words, said = (NamedNode(f"https://example.org/mini/id/{n}/{start}-{end}") for n in "pqrs")
        rows += [
            (passage, OA + "hasSource", document),
            (passage, OA + "hasSelector", place),
            (passage, OA + "hasSelector", words),
            (passage, SR + "inSentence", integer(start // 100 + 1)),
            (place, OA + "start", integer(start)),
            (place, OA + "end", integer(end)),
            (words, OA + "exact", Literal(text[start:end])),
            (said, RDF + "subject", thing),
            (said, RDF + "predicate", NamedNode(SR + "mentionedAs")),
            (said, RDF + "object", Literal(label, language="en")),
            (said, SR + "modality", NamedNode(SR + "reported")),
            (said, SR + "evidence", passage),
            (said, SKOS + "note", Literal(label, language="fr")),
        ]
    store.extend(Quad(subject, NamedNode(predicate), value) for subject, predicate, value in rows)
    return store


def shown_text(page):
    """The words of the text as the page shows them, without the numbers of the sentences."""
    body = re.search(r'<section class="edition".*?</section>', page, re.DOTALL)[0]
    paragraphs = re.findall(r"<p>(.*?)</p>", body, re.DOTALL)
    bare = [re.sub(r'<a class="n".*?</a>', "", paragraph) for paragraph in paragraphs]
    return [unescape(re.sub(r"<[^>]+>", "", paragraph)) for paragraph in bare]


@pytest.mark.parametrize(("language", "path"), [("fr", "/text/groupe-sos"), ("en", "/en/text/groupe-sos")])
def test_every_passage_of_a_text_leads_to_its_entry(own, language, path, project):
    """A text stands on its page as it is, with every passage, each leading to an entry with all that it says."""
    response = own.get(path, headers=HTML)
    page = response.text
    site = own.application.extensions["app_context"]
    document = read_document(site.evaluate, project["base"] + "id/document/groupe-sos")
    marked = set(re.findall(r'data-p="([\d-]+)"', page))
    noted = re.findall(r'<li class="note" id="n([\d-]+)"', page)

    assert response.status_code == 200
    assert len(marked) == 425
    assert marked == set(noted) == {f"{span.start}-{span.end}" for span in document.spans}
    assert len(noted) == len(set(noted))
    assert {anchor.removeprefix("n") for anchor in re.findall(r'href="#(n[\d-]+)"', page)} <= marked
    assert marked == set(re.findall(r'<span class="m [^"]*" id="([\d-]+)"', page))
    assert "\n\n".join(shown_text(page)).split() == "".join(
        run.text + "\n" for block in document.parts[0] for run in block
    ).split()  # fmt: skip
    for passage in read_part(site.evaluate, document, language).passages:
        for statement in passage.statements:
            assert f"/doc/assertion/groupe-sos/{statement.iri.rpartition('/')[2]}" in page


@pytest.mark.parametrize("path", ["/text/groupe-sos", "/en/text/groupe-sos"])
def test_the_page_of_the_longest_text_is_below_the_limit(own, path):
    """The page of the longest text at hand, as it is sent, is well below the size that no page exceeds."""
    assert len(gzip.compress(own.get(path, headers=HTML).data)) < LARGEST / 3


def test_a_passage_tells_its_statements_with_modality_and_links(reading):
    """A passage tells short sentences with their modality, each with links to its things and to its assertion."""
    page = reading.get("/en/text/atelier-du-canal", headers=HTML).text
    entry = re.search(r'<li class="note" id="n19-37".*?</ul></li>', page, re.DOTALL)[0]

    assert '<q class="quote" lang="fr">L’Atelier du Canal</q>' in entry
    assert 'class="thing k-organisation" href="../../en/doc/organisation/atelier-du-canal"' in entry
    assert re.search(r'href="\.\./\.\./en/doc/assertion/atelier-du-canal/[0-9a-f]{12}">statement</a>', entry)
    assert ": these words <i>" in entry


def test_a_withheld_text_has_its_quotes_by_sentence(reading):
    """A document whose text is not to be shown has its quotes, sentence by sentence, and says so."""
    page = reading.get("/text/jardin-des-ponts", headers=HTML).text

    assert "Le texte entier n’est pas publié ici" in page
    assert "La Table commune est toujours ouverte […] les habitants y mangent ensemble" in shown_text(page)
    assert "mots du texte sont cités" not in page


@pytest.mark.parametrize("kind", ["initiative", "public", "situation", "temps", "resultat"])
def test_the_passages_of_one_family_have_an_address_of_their_own(own, kind):
    """The switch shows the passages of one family at an address of its own, and the text stays whole."""
    whole = own.get("/text/groupe-sos", headers=HTML).text
    page = own.get(f"/text/groupe-sos?kind={kind}", headers=HTML).text

    assert set(re.findall(r'<span class="m k-(\w+)', page)) == {kind}
    assert shown_text(page) == shown_text(whole)
    assert re.search(rf'data-family="{kind}" aria-current="true"', page)
    assert [name for name in FAMILIES if f'data-family="{name}"' in page] == [
        name for name in FAMILIES if f'data-family="{name}"' in whole
    ]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/text/nulle-part", 404, "L’Atelier du Canal"),
        ("/en/text/nulle-part", 404, "Text “Le Jardin des Ponts”"),
        ("/text/Nulle%20%3E%20part", 404, "Ce texte n’est pas ici"),
        ("/text/atelier-du-canal?part=2", 404, "Cette partie du texte n’existe pas"),
        ("/text/atelier-du-canal?part=99999999999999999999", 404, "Lire le texte depuis le début"),
        ("/text/atelier-du-canal?part=x", 404, "Cette partie du texte n’existe pas"),
        ("/en/text/atelier-du-canal?kind=cheval", 404, "a family of passages that does not exist"),
        ("/text/atelier-du-canal?at=70&part=x", 200, "L’Atelier du Canal"),
    ],
)
def test_what_is_not_there_is_answered_by_what_there_is(reading, path, status, words):
    """A text, part or family that is not there is answered by what there is."""
    response = reading.get(path, headers=HTML)

    assert response.status_code == status
    assert words in response.text


def test_unknown_for_programs(reading):
    """A program that asks for no page gets a problem document for a text that is not there."""
    response = reading.get("/text/nulle-part", headers={"Accept": "application/json"})

    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_a_long_text_is_shown_in_parts_that_link_to_one_another():
    """A long text is shown in parts that lead to one another, and a place in it to its part."""
    text = "\n\n".join("Une phrase qui dit quelque chose. " * 28 for _ in range(40))
    client = served(a_document(text, [(at, at + 20) for at in range(0, len(text), 50)]))
    first = client.get("/text/long", headers=HTML).text
    third = client.get("/text/long?part=3", headers=HTML).text
    starts = re.search(r'data-starts="([\d ]+)"', first)[1].split()

    assert len(starts) > 3
    assert "Partie 1 sur" in first
    assert 'rel="next" href="../text/long?part=2"' in first
    assert 'rel="prev" href="../text/long?part=2"' in third
    assert shown_text(client.get(f"/text/long?at={int(starts[2]) + 5}", headers=HTML).text) == shown_text(third)
    assert 'href="../text/long?kind=initiative&amp;part=3"' in third
    assert len(gzip.compress(third.encode())) < LARGEST / 3


def test_texts_labels_and_notes_are_never_taken_for_markup():
    """Whatever stands in a text, a label or a note is shown as it is and never taken for markup."""
    text = f"Avant {EVIL} après."
    page = served(a_document(text, [(3, 30), (6, 40), (20, len(text))], EVIL * 10)).get("/text/long", headers=HTML).text

    assert shown_text(page) == [text]
    assert page.count("<script") == page.count("<script src=")
    assert "<b>" * 2 not in page
    assert page.count(EVIL[4:12]) == 0


def test_a_text_without_a_passage_is_shown_without_a_switch():
    """A text without a passage is shown, with a word about it and no switch."""
    page = served(a_document("Un texte nu.", [])).get("/text/long", headers=HTML).text

    assert shown_text(page) == ["Un texte nu."]
    assert "Aucun passage n’est cité ici." in page
    assert "data-family" not in page


def test_a_text_tells_where_it_is_from():
    """Address, day, authors and predecessor stand at its head, each with its word, and the address can be followed."""
    store = a_document("Un texte nu.", [])
    document = next(store.quads_for_pattern(None, NamedNode(SCHEMA + "text"), None)).subject
    moment = Literal("2024-02-01T00:00:00Z", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#dateTime"))
    for predicate, value in (
        (DCT + "source", NamedNode("https://exemple.org/port")),
        (PAV + "retrievedOn", moment),
        (DCT + "creator", Literal("Anne & Co")),
        (DCT + "creator", Literal("Zoé")),
        (DCT + "replaces", NamedNode("https://example.org/mini/id/document/vieux")),
    ):
        store.add(Quad(document, NamedNode(predicate), value))
    page = served(store).get("/text/long", headers=HTML).text

    assert '<a href="https://exemple.org/port">https://exemple.org/port</a>' in page
    assert re.search(r"<dt>Consulté le</dt><dd>1er\u00a0février 2024</dd>", page)
    assert "<dt>Auteur</dt><dd>Anne &amp; Co, Zoé</dd>" in page
    assert re.search(r"<dt>Remplace</dt><dd><a href=\"[^\"]*document/vieux\">vieux</a></dd>", page)


def test_a_graph_without_our_ontology_has_its_reader(tmp_path):
    """A graph without our ontology has its reader too: what has no label is named by its short IRI."""
    file = tmp_path / "graph.nt"
    store = a_document("Un mot.", [(0, 6)])
    file.write_bytes(serialize((quad.triple for quad in store), format=RdfFormat.N_TRIPLES))
    page = served(load([file])).get("/text/long", headers=HTML).text

    assert "<b>sr:mentionedAs</b>" in page
