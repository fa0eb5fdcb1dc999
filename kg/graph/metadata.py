"""Make the graph ``metadata``: data set, graphs, and ids that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode, Quad

from kg.curate.documents import Document
from kg.curate.thing_ids import WithdrawnId
from kg.model.iris import DCAT, DCT, FOAF, OWL, RDF, SKOS, VOID, XSD
from kg.model.languages import LANGUAGES, eu_language
from kg.model.messages import N_, translations
from kg.model.project import Project

Row = tuple[NamedNode, str, NamedNode | Literal]
"""Subject, predicate and value."""

GRAPHS: dict[str, tuple[str, str]] = {
    "things": (
        N_("Things and statements"),
        N_("Types, labels and definitions, and each statement that a text makes; each has its assertion."),
    ),
    "inferred": (
        N_("Inferred statements"),
        N_("The statements that the editors conclude from the words; no text makes them. Each has its assertion."),
    ),
    "ontology": (
        N_("Ontology"),
        N_("The classes and properties of the vocabulary."),
    ),
    "concepts": (
        N_("Concepts"),
        N_("The schemes of types, the modalities, the labels that people search by and how concepts are related."),
    ),
    "alignments": (
        N_("Alignments"),
        N_("Links from our terms, concepts and things to those of others."),
    ),
    "derived": (
        N_("Derived triples"),
        N_("What the rules add to what the texts state, and nothing that stands elsewhere."),
    ),
    "metadata": (
        N_("Metadata"),
        N_("The data set, its version and its graphs."),
    ),
}
"""Title and description of each graph that every project has, as messages."""

_OF_DOCUMENTS = N_("The document, its passages and its assertions.")


def metadata_quads(project: Project, documents: Sequence[Document], withdrawn: Iterable[WithdrawnId]) -> list[Quad]:
    """Return the quads of the graph ``metadata``.

    The only date is the one that ``kg.toml`` gives.
    """
    minter = project.minter
    dataset = minter.dataset
    rows: list[Row] = [
        (dataset, RDF + "type", NamedNode(VOID + "Dataset")),
        (dataset, RDF + "type", NamedNode(DCAT + "Dataset")),
        (dataset, DCT + "license", NamedNode(project["licence"])),
        (dataset, OWL + "versionInfo", Literal(project["version"])),
    ]
    rows += _citation(project)
    if project["released"]:
        rows.append((dataset, DCT + "issued", Literal(project["released"], datatype=NamedNode(XSD + "date"))))
    for tag in LANGUAGES:
        rows.append((dataset, DCT + "title", Literal(project[f"title.{tag}"], language=tag)))
        if project[f"description.{tag}"]:
            rows.append((dataset, DCT + "description", Literal(project[f"description.{tag}"], language=tag)))
    for name, (title, description) in GRAPHS.items():
        rows += _graph(minter.graph(name), dataset, translations(title), translations(description))
    for document in documents:
        rows += _graph(minter.graph(document.id), dataset, document.labels, translations(_OF_DOCUMENTS))
    for gone in withdrawn:
        rows += _withdrawn(minter.thing(gone.id), gone, minter.thing(gone.successor) if gone.successor else None)
    graph = minter.graph("metadata")
    return [Quad(subject, NamedNode(predicate), value, graph) for subject, predicate, value in rows]


def _citation(project: Project) -> list[Row]:
    """Return who made the data set and how to cite it."""
    minter = project.minter
    dataset, agent = minter.dataset, NamedNode(f"{minter.base}catalog#publisher")
    rows: list[Row] = [
        (dataset, DCAT + "version", Literal(project["version"])),
        (dataset, VOID + "uriSpace", Literal(f"{minter.base}id/")),
    ]
    rows += [(dataset, DCT + "language", NamedNode(eu_language(tag))) for tag in LANGUAGES]
    name = project["publisher.name"]
    if not name:
        return rows
    rows += [(dataset, DCT + role, agent) for role in ("creator", "contributor", "publisher")]
    rows += [(agent, RDF + "type", NamedNode(FOAF + "Agent")), (agent, FOAF + "name", Literal(name))]
    if project["publisher.homepage"]:
        rows.append((agent, FOAF + "homepage", NamedNode(project["publisher.homepage"])))
    year = f" ({project['released'][:4]})" if project["released"] else ""
    for tag in LANGUAGES:
        words = f"{name}{year}. {project[f'title.{tag}']}, version {project['version']}. {minter.base}"
        rows.append((dataset, DCT + "bibliographicCitation", Literal(words, language=tag)))
    return rows


def _graph(
    graph: NamedNode, dataset: NamedNode, titles: Mapping[str, str], descriptions: Mapping[str, str]
) -> list[Row]:
    """Return what is said of a graph."""
    rows: list[Row] = [
        (graph, RDF + "type", NamedNode(VOID + "Dataset")),
        (dataset, VOID + "subset", graph),
    ]
    for tag in LANGUAGES:
        rows.append((graph, DCT + "title", Literal(titles[tag], language=tag)))
        rows.append((graph, DCT + "description", Literal(descriptions[tag], language=tag)))
    return rows


def _withdrawn(iri: NamedNode, gone: WithdrawnId, successor: NamedNode | None) -> list[Row]:
    """Return what is said of an id that is gone."""
    rows: list[Row] = [(iri, OWL + "deprecated", Literal("true", datatype=NamedNode(XSD + "boolean")))]
    rows += [(iri, SKOS + "changeNote", Literal(words, language=tag)) for tag, words in gone.reason.items()]
    if successor:
        rows.append((iri, DCT + "isReplacedBy", successor))
    return rows
