"""Make the graph ``metadata``: data set, graphs, and ids that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyoxigraph import Literal, NamedNode, Quad

from kg.curate.documents import Document
from kg.curate.thing_ids import WithdrawnId
from kg.model.iris import DCAT, DCT, OWL, RDF, SKOS, VOID, XSD
from kg.model.languages import LANGUAGES
from kg.model.project import Project

Row = tuple[NamedNode, str, NamedNode | Literal]
"""Subject, predicate and value."""

GRAPHS: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "things": (
        ("Choses et énoncés", "Things and statements"),
        (
            "Types, libellés et énoncés directs, dits ou inférés par l’éditeur\u202f; chacun a son assertion.",
            "Types, labels and direct statements, as stated or inferred by the editors; each has its assertion.",
        ),
    ),
    "ontology": (
        ("Ontologie", "Ontology"),
        ("Les classes et les propriétés du vocabulaire.", "The classes and properties of the vocabulary."),
    ),
    "concepts": (
        ("Concepts", "Concepts"),
        (
            "Les schémas de types, les modalités, les formes que l’on cherche et les alignements.",
            "The schemes of types, the modalities, the labels that people search by and the alignments.",
        ),
    ),
    "derived": (
        ("Triplets dérivés", "Derived triples"),
        (
            "Ce que les règles ajoutent, et rien de ce qui est déjà énoncé.",
            "What the rules add, and nothing that is stated already.",
        ),
    ),
    "metadata": (
        ("Métadonnées", "Metadata"),
        ("Le jeu de données, sa version et ses graphes.", "The data set, its version and its graphs."),
    ),
}
"""Title and description of each graph that every project has, in French and English."""

_OF_DOCUMENTS = ("Le document, ses passages et ses assertions.", "The document, its passages and its assertions.")


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
    if project["released"]:
        rows.append((dataset, DCT + "issued", Literal(project["released"], datatype=NamedNode(XSD + "date"))))
    for tag in LANGUAGES:
        rows.append((dataset, DCT + "title", Literal(project[f"title.{tag}"], language=tag)))
        if project[f"description.{tag}"]:
            rows.append((dataset, DCT + "description", Literal(project[f"description.{tag}"], language=tag)))
    for name, (titles, descriptions) in GRAPHS.items():
        rows += _graph(minter.graph(name), dataset, titles, descriptions)
    for document in documents:
        titles = (document.labels["fr"], document.labels["en"])
        rows += _graph(minter.graph(document.id), dataset, titles, _OF_DOCUMENTS)
    for gone in withdrawn:
        rows += _withdrawn(minter.thing(gone.id), gone, minter.thing(gone.successor) if gone.successor else None)
    graph = minter.graph("metadata")
    return [Quad(subject, NamedNode(predicate), value, graph) for subject, predicate, value in rows]


def _graph(graph: NamedNode, dataset: NamedNode, titles: tuple[str, str], descriptions: tuple[str, str]) -> list[Row]:
    """Return what is said of a graph."""
    rows: list[Row] = [
        (graph, RDF + "type", NamedNode(VOID + "Dataset")),
        (dataset, VOID + "subset", graph),
    ]
    for tag, title, description in zip(LANGUAGES, titles, descriptions, strict=True):
        rows.append((graph, DCT + "title", Literal(title, language=tag)))
        rows.append((graph, DCT + "description", Literal(description, language=tag)))
    return rows


def _withdrawn(iri: NamedNode, gone: WithdrawnId, successor: NamedNode | None) -> list[Row]:
    """Return what is said of an id that is gone."""
    rows: list[Row] = [(iri, OWL + "deprecated", Literal("true", datatype=NamedNode(XSD + "boolean")))]
    rows += [(iri, SKOS + "changeNote", Literal(words, language=tag)) for tag, words in gone.reason.items()]
    if successor:
        rows.append((iri, DCT + "isReplacedBy", successor))
    return rows
