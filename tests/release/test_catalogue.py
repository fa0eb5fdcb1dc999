"""The descriptions of a release are true, figure by figure and file by file."""

import dataclasses
import hashlib
import re
from collections import defaultdict
from urllib.parse import urlsplit

import pyshacl
import pytest
import rdflib
from public_suites import missing, suite_folder
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, parse

from kg.graph.builder import build
from kg.model.iris import DCAT, DCT, FOAF, HOME, OWL, RDFS, SKOS, SPDX, SR, TYPE, VCARD, VOID
from kg.release.assembly import make_release, table_files
from kg.release.catalogue.dcat import catalogue_turtle
from kg.release.catalogue.harvesters import missing_for_harvesters
from kg.release.catalogue.void import LINKS, void_turtle
from kg.release.formats.arrangement import arrange
from kg.release.formats.graph_files import graph_files

SUITE = "dcat-ap-3.0.1"
EU = "http://publications.europa.eu/resource/authority/"
FIGURES = ("triples", "entities", "classes", "properties", "distinctSubjects", "distinctObjects")


@pytest.fixture(scope="module")
def project(mini_factory, tmp_path_factory):
    """The small project with two documents, a base and a public address of its own."""
    return mini_factory(tmp_path_factory.mktemp("catalogue") / "mini")


@pytest.fixture(scope="module")
def quads(project, built):
    """The graph of the project, with a derived triple."""
    initiative = next(q.subject for q in built.quads if q.object == NamedNode(SR + "Initiative"))
    effect = project.minter.thing("effet/un")
    return {*built.quads, Quad(initiative, NamedNode(SR + "hasOutcome"), effect, project.minter.graph("derived"))}


@pytest.fixture(scope="module")
def built(project):
    """The graph of the project as its parts are built."""
    return build(project)


@pytest.fixture(scope="module")
def arrangement(project, built, quads):
    """The graph in its order."""
    return arrange(quads, built.ontology, project)


@pytest.fixture(scope="module")
def files(project, built, arrangement):
    """The files that a release has, but for the catalogue."""
    made = graph_files(arrangement, project.context.read_bytes()) | table_files(arrangement)
    made |= {f"texts/{document.id}.txt": document.text.encode() for document in built.documents if document.full_text}
    named = ("ontology.ttl", "shapes.ttl", "context.jsonld", "report.ttl", "report.json")
    return made | {name: name.encode() for name in named} | {"void.ttl": void_turtle(arrangement)}


@pytest.fixture(scope="module")
def sums(files):
    """Size and checksum of each file."""
    return {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}


class Said:
    """What a Turtle file says, by subject and property."""

    def __init__(self, data):
        self.triples = {quad.triple for quad in parse(data, RdfFormat.TURTLE)}
        self._values = defaultdict(list)
        for triple in self.triples:
            self._values[triple.subject.value, triple.predicate.value].append(triple.object)

    def all(self, subject, predicate):
        """The values as strings."""
        return {value.value for value in self._values[subject, predicate]}

    def one(self, subject, predicate):
        """The only value as a string."""
        (value,) = self.all(subject, predicate)
        return value

    def words(self, subject, predicate):
        """The texts by language."""
        return {value.language: value.value for value in self._values[subject, predicate]}

    def of_class(self, iri):
        """The subjects of a class."""
        return {t.subject.value for t in self.triples if t.predicate == TYPE and t.object.value == iri}

    def figures(self, subject):
        """The VoID figures of a subject."""
        return {name: int(*self.all(subject, VOID + name)) for name in FIGURES if self.all(subject, VOID + name)}


@pytest.fixture(scope="module")
def void(files):
    """What the VoID description says."""
    return Said(files["void.ttl"])


@pytest.fixture(scope="module")
def catalogue(arrangement, sums):
    """What the catalogue says."""
    return Said(catalogue_turtle(arrangement, sums))


def counted(quads, space):
    """The figures of some quads, counted without SPARQL."""
    triples = {quad.triple for quad in quads}
    typed = [triple for triple in triples if triple.predicate == TYPE]
    return {
        "triples": len(triples),
        "entities": len({t.subject for t in typed if t.subject.value.startswith(space)}),
        "classes": len({t.object for t in typed}),
        "properties": len({t.predicate for t in triples}),
        "distinctSubjects": len({t.subject for t in triples}),
        "distinctObjects": len({t.object for t in triples}),
    }


def without_nothing(figures):
    """The figures that are not zero."""
    return {name: figure for name, figure in figures.items() if figure}


def test_void_figures_of_the_whole(void, quads, project):
    """The data set's triples, entities, classes, properties, subjects and objects are those of the graph."""
    base = project.minter.base
    assert void.figures(f"{base}catalog#dataset") == counted(quads, f"{base}id/")


def test_void_figures_of_each_graph(void, quads, project):
    """Each named graph is a subset with its own figures."""
    by_graph = defaultdict(set)
    for quad in quads:
        by_graph[quad.graph_name.value].add(quad)
    subsets = void.all(project.minter.dataset.value, VOID + "subset")
    assert {iri for iri in subsets if "#links-" not in iri} == set(by_graph)
    for iri, own in by_graph.items():
        assert without_nothing(void.figures(iri)) == without_nothing(counted(own, f"{project.minter.base}id/")), iri


def test_void_figures_of_each_class(void, quads, project):
    """Each class that has members is a partition with the number of its members."""
    members = defaultdict(set)
    for quad in quads:
        if quad.predicate == TYPE:
            members[quad.object.value].add(quad.subject)
    partitions = void.all(project.minter.dataset.value, VOID + "classPartition")
    found = {void.one(part, VOID + "class"): void.figures(part) for part in partitions}
    assert found == {iri: {"entities": len(subjects)} for iri, subjects in members.items()}


def test_void_figures_of_each_property(void, quads, project):
    """Each property that is used is a partition with its triples, subjects and objects."""
    uses = defaultdict(set)
    for quad in quads:
        uses[quad.predicate.value].add((quad.subject, quad.object))
    partitions = void.all(project.minter.dataset.value, VOID + "propertyPartition")
    found = {void.one(part, VOID + "property"): void.figures(part) for part in partitions}
    expected = {
        iri: {
            "triples": len(pairs),
            "distinctSubjects": len({subject for subject, _ in pairs}),
            "distinctObjects": len({value for _, value in pairs}),
        }
        for iri, pairs in uses.items()
    }
    assert found == expected


def test_void_figures_of_each_linkset(void, quads, project):
    """Each linkset counts the links of one property to one host outside the project."""
    links = defaultdict(set)
    for quad in quads:
        ours = not isinstance(quad.object, NamedNode) or quad.object.value.startswith((project.minter.base, HOME))
        if quad.predicate.value in LINKS and not ours:
            links[urlsplit(quad.object.value).netloc, quad.predicate.value].add((quad.subject, quad.object))
    found = {}
    for linkset in void.of_class(VOID + "Linkset"):
        target = void.one(linkset, VOID + "objectsTarget")
        host = urlsplit(void.one(target, VOID + "uriSpace")).netloc
        found[host, void.one(linkset, VOID + "linkPredicate")] = void.figures(linkset)["triples"]
        assert void.one(linkset, VOID + "subjectsTarget") == project.minter.dataset.value
    assert found == {key: len(pairs) for key, pairs in links.items()}


def test_void_names_what_exists(void, files, quads, project):
    """The dumps are files of the release, the examples things of the graph, the vocabularies those in use."""
    dataset = project.minter.dataset.value
    subjects = {quad.subject.value for quad in quads}
    dumps = {
        dump for part in (dataset, *void.all(dataset, VOID + "subset")) for dump in void.all(part, VOID + "dataDump")
    }
    assert {dump.removeprefix(f"{project.public_url}download/") for dump in dumps} <= set(files)
    assert void.all(dataset, VOID + "exampleResource") <= subjects
    used = {q.predicate.value for q in quads} | {q.object.value for q in quads if q.predicate == TYPE}
    assert void.all(dataset, VOID + "vocabulary") == {re.sub(r"[^/#]*$", "", iri) for iri in used}
    assert void.one(dataset, VOID + "uriSpace") == f"{project.minter.base}id/"
    assert void.one(dataset, VOID + "sparqlEndpoint") == f"{project.public_url}sparql"


def test_no_blank_node(void, catalogue):
    """Every node of the descriptions has an IRI."""
    triples = void.triples | catalogue.triples
    assert not [t for t in triples if isinstance(t.subject, BlankNode) or isinstance(t.object, BlankNode)]


def test_own_nodes_stand_under_the_public_address(catalogue, project):
    """What has no IRI of its own has one under catalog# of the public address; the data set keeps its IRI."""
    own = f"{project.public_url}catalog#"
    for kind in (DCAT + "Catalog", DCAT + "DataService", DCAT + "Distribution", SPDX + "Checksum", FOAF + "Agent"):
        assert all(iri.startswith(own) for iri in catalogue.of_class(kind))
    assert catalogue.of_class(DCAT + "Dataset") == {f"{project.minter.base}catalog#dataset"}


def test_each_file_is_a_distribution(catalogue, sums, project):
    """Each file has one distribution with its address, size and checksum."""
    found = {}
    dataset = project.minter.dataset.value
    assert catalogue.all(dataset, DCAT + "distribution") == catalogue.of_class(DCAT + "Distribution")
    for iri in catalogue.of_class(DCAT + "Distribution"):
        address = catalogue.one(iri, DCAT + "downloadURL")
        assert catalogue.one(iri, DCAT + "accessURL") == address
        checksum = catalogue.one(iri, SPDX + "checksum")
        assert catalogue.one(checksum, SPDX + "algorithm") == SPDX + "checksumAlgorithm_sha256"
        size = int(catalogue.one(iri, DCAT + "byteSize"))
        found[address.removeprefix(f"{project.public_url}download/")] = (
            size,
            catalogue.one(checksum, SPDX + "checksumValue"),
        )
    assert found == sums


@pytest.mark.parametrize(
    ("name", "media_type", "file_type"),
    [("graph.nq", "application/n-quads", "RDF_N_QUADS"), ("graph.nt", "application/n-triples", "RDF_N_TRIPLES"),
     ("graph.trig", "application/trig", "RDF_TRIG"), ("things.ttl", "text/turtle", "RDF_TURTLE"),
     ("things.jsonld", "application/ld+json", "JSON_LD"), ("tables/initiative.csv", "text/csv", "CSV"),
     ("tables/csv-metadata.json", "application/csvm+json", "JSON"), ("report.json", "application/json", "JSON")],
)  # fmt: skip
def test_formats_are_those_of_the_authorities(catalogue, project, name, media_type, file_type):
    """Each distribution has its IANA media type and the file type of the EU's list."""
    iri = f"{project.public_url}catalog#{name.replace('/', '-')}"
    assert catalogue.one(iri, DCAT + "mediaType") == f"https://www.iana.org/assignments/media-types/{media_type}"
    assert catalogue.one(iri, DCT + "format") == f"{EU}file-type/{file_type}"


def test_titles_and_descriptions_are_french_and_english(catalogue):
    """Catalogue, data set, service and every distribution have a title and a description in both languages."""
    kinds = ("Catalog", "Dataset", "DataService", "Distribution")
    for iri in {iri for kind in kinds for iri in catalogue.of_class(DCAT + kind)}:
        for predicate in ("title", "description"):
            assert set(catalogue.words(iri, DCT + predicate)) == {"fr", "en"}, iri


def test_rights_say_whose_words_a_file_holds(catalogue, built, project):
    """Statements are under the licence; a text is its author's; files with quotes say both."""
    start = f"{project.public_url}catalog#"
    licence, rights = DCT + "license", DCT + "rights"
    assert catalogue.one(f"{start}graph.nq", licence) == project["licence"]
    quotes = catalogue.words(catalogue.one(f"{start}tables-assertions.csv", rights), RDFS + "label")
    assert catalogue.one(f"{start}graph.nq", rights) == catalogue.one(f"{start}tables-assertions.csv", rights)
    assert not catalogue.all(f"{start}ontology.ttl", rights)
    for document in built.documents:
        assert all(document.rights[tag] in quotes[tag] for tag in document.rights if tag in quotes)
        assert "CC BY 4.0" in quotes["fr"]
        text = f"{start}texts-{document.id}.txt"
        if document.full_text:
            said = catalogue.words(catalogue.one(text, rights), RDFS + "label")
            assert set(said) == {"fr", "en"}
            assert set(said.values()) <= set(document.rights.values())
        assert not catalogue.all(text, licence)


def test_texts_that_are_left_out_have_no_distribution(catalogue, built):
    """A document of which only quotes are published has no distribution of its text."""
    texts = {iri.rsplit("#texts-")[1] for iri in catalogue.of_class(DCAT + "Distribution") if "#texts-" in iri}
    assert texts == {f"{document.id}.txt" for document in built.documents if document.full_text}


def test_dates_and_version_are_the_settings(arrangement, catalogue, sums, project):
    """The only dates are those of the settings; the release before is named where there is one."""
    dataset = project.minter.dataset.value
    assert catalogue.one(dataset, DCAT + "version") == project["version"]
    assert catalogue.one(dataset, DCT + "issued") == catalogue.one(dataset, DCT + "modified") == project["released"]
    assert not catalogue.all(dataset, DCAT + "previousVersion")
    later = Said(catalogue_turtle(arrangement, sums, previous_version="0.0.9", first_issued="2020-02-02"))
    assert later.one(dataset, DCAT + "previousVersion") == f"{project.public_url}releases/0.0.9/"
    assert later.one(dataset, DCT + "issued") == "2020-02-02"
    assert later.one(dataset, DCT + "modified") == project["released"]


def test_services_serve_the_data_set(catalogue, project):
    """The SPARQL endpoint, reconciliation and the addresses of things are data services that serve the data set."""
    start = project.public_url
    endpoints = {"sparql": "sparql", "reconciliation": "reconcile", "addresses": ""}
    services = {f"{start}catalog#{name}": f"{start}{path}" for name, path in endpoints.items()}
    assert catalogue.of_class(DCAT + "DataService") == set(services)
    assert catalogue.all(f"{start}catalog#catalog", DCAT + "service") == set(services)
    for service, endpoint in services.items():
        assert catalogue.one(service, DCAT + "endpointURL") == endpoint
        assert catalogue.one(service, DCAT + "servesDataset") == project.minter.dataset.value
    assert catalogue.one(f"{start}catalog#addresses", DCAT + "endpointDescription") == f"{start}openapi.json"


def test_the_data_set_leads_to_its_pages(catalogue, void, project):
    """Catalogue and VoID lead to the lists of things, the releases and their feed."""
    dataset, start = project.minter.dataset.value, project.public_url
    assert catalogue.all(dataset, DCAT + "landingPage") == {start, f"{start}things"}
    assert catalogue.all(dataset, RDFS + "seeAlso") == {f"{start}releases", f"{start}feed"}
    assert void.all(dataset, FOAF + "page") == {f"{start}{path}" for path in ("things", "releases", "feed")}


def test_keywords_are_labels_of_the_graph(catalogue, quads):
    """Keywords are preferred labels of things, in French and English, each once."""
    labels = {(q.object.language, q.object.value) for q in quads if q.predicate.value == SKOS + "prefLabel"}
    found = [t.object for t in catalogue.triples if t.predicate.value == DCAT + "keyword"]
    assert {word.language for word in found} == {"fr", "en"}
    assert {(word.language, word.value) for word in found} <= labels


def test_places_have_the_identifiers_of_geonames(catalogue, quads, project):
    """A place that is aligned with GeoNames is given by that IRI, which portals know."""
    same = {
        q.subject.value: q.object.value
        for q in quads
        if q.predicate.value == OWL + "sameAs" and "geonames" in q.object.value
    }
    given = catalogue.all(project.minter.dataset.value, DCT + "spatial")
    assert given
    assert not given & set(same)
    assert given == catalogue.of_class(DCT + "Location")


def validated(data, shapes):
    """Severity, subject and property of each result of the shapes on a catalogue."""
    graph = rdflib.Graph().parse(data=data, format="turtle")
    _, report, _ = pyshacl.validate(graph, shacl_graph=rdflib.Graph().parse(shapes, format="turtle"))
    sh = rdflib.SH
    return {
        (str(report.value(result, sh.resultSeverity)).rsplit("#")[1], str(report.value(result, sh.focusNode)),
         str(report.value(result, sh.resultPath)))
        for result in report.subjects(rdflib.RDF.type, sh.ValidationResult)
    }  # fmt: skip


@pytest.fixture(scope="module")
def suite(require):
    """The shapes of DCAT-AP, which stand beside the project."""
    folder = suite_folder(SUITE)
    require(folder.is_dir(), "DCAT-AP shapes", missing(SUITE))
    return folder


@pytest.mark.parametrize("shapes", ["shapes.ttl", "range.ttl", "deprecateduris.ttl"])
@pytest.mark.parametrize("before", [{}, {"previous_version": "0.0.9", "first_issued": "2020-02-02"}])
def test_catalogue_conforms_to_dcat_ap(suite, arrangement, sums, shapes, before):
    """The shapes of DCAT-AP 3.0.1 on cardinalities, ranges and old terms find nothing, in a later release either."""
    changes = {"changes.json": (2, "00"), "changes.rdfp": (10, "00")} if before else {}
    assert validated(catalogue_turtle(arrangement, sums | changes, **before), suite / shapes) == set()


def test_recommendations_not_followed_are_known(suite, arrangement, sums, built, project):
    """What DCAT-AP recommends and the catalogue does not say is this, each for a reason, and nothing else."""
    own = f"{project.public_url}catalog#"
    found = validated(catalogue_turtle(arrangement, sums), suite / "shapes_recommended.ttl")
    texts = {f"{own}texts-{document.id}.txt" for document in built.documents}
    known = {
        # no setting says what sort of body the publisher is
        ("Warning", f"{own}publisher", DCT + "type"),
        # a period that the text leaves open has no end
        ("Warning", f"{own}period", DCAT + "endDate"),
        # a text belongs to its author: its rights are told, and there is no licence to name
        *(("Warning", text, DCT + "license") for text in texts),
        # places are given by their identifiers, whose geometry is for others to tell
        *(
            ("Warning", place, DCAT + name)
            for place in Said(catalogue_turtle(arrangement, sums)).of_class(DCT + "Location")
            for name in ("bbox", "centroid")
        ),
    }
    assert found <= known


def test_controlled_vocabularies_are_used(suite, arrangement, sums, project):
    """Values come from the lists that DCAT-AP names, save where its own shape misspells the SPDX namespace."""
    own = f"{project.public_url}catalog#"
    found = validated(catalogue_turtle(arrangement, sums), suite / "mdr-vocabularies.shape.ttl")
    checksums = {row for row in found if SPDX in row[1] or row[2] == SPDX + "algorithm"}
    # the publisher is none of the EU's corporate bodies, and a place without an alignment is none of its places
    publisher = {row for row in found if row[2] == DCT + "publisher" or row[1] == f"{own}publisher"}
    located = Said(catalogue_turtle(arrangement, sums)).of_class(DCT + "Location")
    places = {row for row in found if row[2] == DCT + "spatial" or row[1] in located}
    assert found <= checksums | publisher | places


def changed(project, **settings):
    """The project with other settings; two underscores stand for a dot."""
    values = {key.replace("__", "."): value for key, value in settings.items()}
    return dataclasses.replace(project, settings={**project.settings, **values})


COMPLETE = {
    "base": "https://data.example.com/",
    "description__fr": "Une description assez longue pour que les moteurs de recherche la gardent.",
    "description__en": "A description that is long enough for search engines to keep the data set.",
    "released": "2026-01-15",
    "publisher__name": "Les Tests",
    "publisher__homepage": "https://example.com/",
    "contact__name": "Les Tests",
    "contact__email": "tests@example.com",
}


def test_nothing_is_missing_where_all_is_set(project):
    """A project with all that harvesters look for is told nothing."""
    assert missing_for_harvesters(changed(project, **COMPLETE)) == []


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("base", "https://example.org/", 'set base = "'),
        ("description__fr", "", 'set [description] fr = "'),
        ("description__en", "Too short.", 'set [description] en = "'),
        ("released", "", "set released = YYYY-MM-DD"),
        ("publisher__name", "", 'set [publisher] name = "'),
        ("publisher__homepage", "", 'set [publisher] homepage = "'),
        ("publisher__homepage", "ma page", 'set [publisher] homepage = "'),
        ("contact__name", "", 'set [contact] name = "'),
        ("contact__email", "", 'set [contact] email = "'),
        ("contact__email", "nobody", 'set [contact] email = "'),
        ("homepage", "not an address", "'homepage' is 'not an address'"),
        ("licence", "https://example.com/l", 'set licence = "'),
    ],
)
def test_each_thing_missing_is_told_with_its_setting(project, setting, value, told):
    """Each thing that harvesters miss is told once, with the setting that gives it to them."""
    settings = {**COMPLETE, "public_url": "", setting: value}
    missing = missing_for_harvesters(changed(project, **settings))
    assert len(missing) == 1
    assert told in missing[0]


def test_bare_project_still_has_a_catalogue(suite, built, quads, sums, project):
    """A project that sets only what it must has a catalogue with what is known, and lacks only its publisher."""
    bare = {"description__fr": "", "description__en": "", "released": "", "homepage": "", "publisher__name": "",
            "publisher__homepage": "", "contact__name": "", "contact__email": ""}  # fmt: skip
    data = catalogue_turtle(arrange(quads, built.ontology, changed(project, **bare)), sums)
    found = validated(data, suite / "shapes.ttl")
    assert found == {("Violation", f"{project.public_url}catalog#catalog", DCT + "publisher")}


def test_settings_that_are_no_addresses_are_left_out(built, quads, sums, project):
    """A home page or an e-mail address that is none does not stop the build and stands nowhere."""
    odd = changed(project, homepage="a b", publisher__homepage="<x>", contact__email="no <one>", contact__name="")
    said = Said(catalogue_turtle(arrange(quads, built.ontology, odd), sums))
    assert not [t for t in said.triples if t.object.value in ("a b", "<x>") or "mailto" in t.object.value]
    assert not said.of_class(VCARD + "Kind")


def test_order_of_files_makes_no_difference(arrangement, sums):
    """The catalogue has the same bytes whatever the order of the files handed in."""
    assert catalogue_turtle(arrangement, dict(reversed(sums.items()))) == catalogue_turtle(arrangement, sums)


def test_unknown_file_is_described_by_its_name(arrangement, project):
    """A file that no table names is a distribution all the same."""
    said = Said(catalogue_turtle(arrangement, {"extra.bin": (1, "00")}))
    assert said.words(f"{project.public_url}catalog#extra.bin", DCT + "title") == {"fr": "extra.bin", "en": "extra.bin"}


@pytest.mark.parametrize(("tag", "code"), [("ar", "ARA"), ("zh-Hant", "ZHO"), ("gsw", "GSW"), ("ber", None)])
def test_the_language_of_a_text_is_told_on_its_file_and_on_the_data_set(mini, tag, code):
    """A text in any language has it in the catalogue, on its file and on the data set; an unknown one is left out."""
    file = mini.data / "atelier-du-canal" / "document.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace('language = "fr"', f'language = "{tag}"'), encoding="utf-8"
    )
    catalogue = parse(make_release(mini).files["catalog.ttl"], format=RdfFormat.TURTLE)
    languages = defaultdict(set)
    for triple in catalogue:
        if triple.predicate.value == DCT + "language":
            languages[triple.subject.value.rpartition("/")[2]].add(triple.object.value.rpartition("/")[2])

    both = {code} if code else set()
    assert languages["catalog#texts-atelier-du-canal.txt"] == both
    assert any(found == {"ENG", "FRA"} | both for found in languages.values())
