"""The tables say what the graph says, and programs read them by their CSVW description."""

import csv
import io
import json
import warnings
from collections import Counter

import pytest
from csvw import TableGroup
from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.graph.builder import build
from kg.model.iris import OA, PREF_LABEL, RDF, SCHEMA, SKOS, SR, TYPE
from kg.release.assembly import table_files, tables
from kg.release.formats.arrangement import arrange
from kg.release.tables.class_tables import column_name, file_name
from kg.release.tables.csvw import words_separator


@pytest.fixture(scope="module")
def project(mini_factory, tmp_path_factory):
    """The small project with two documents and a base of its own."""
    return mini_factory(tmp_path_factory.mktemp("tables") / "mini")


@pytest.fixture(scope="module")
def built(project):
    """The graph of the project."""
    return build(project)


@pytest.fixture(scope="module")
def files(built, project):
    """The files of the tables."""
    return table_files(arrange(built.quads, built.ontology, project))


@pytest.fixture(scope="module")
def group(files, tmp_path_factory):
    """The tables as the package csvw reads them, with every warning an error."""
    folder = tmp_path_factory.mktemp("csvw")
    for name, data in files.items():
        (folder / name.removeprefix("tables/")).write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return TableGroup.from_file(folder / "csv-metadata.json")


def rows_of(data):
    """The rows of a CSV file as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def make(quads, built, project):
    """The files of a graph of one's own, with its one class table as rows."""
    return table_files(arrange(quads, built.ontology, project))


def with_words(minter, *words, predicate=SKOS + "note", kind=SR + "Value"):
    """A thing with the words given."""
    thing, graph = minter.thing("valeur/x"), minter.graph("things")
    said = [Quad(thing, NamedNode(predicate), word, graph) for word in words]
    return [Quad(thing, TYPE, NamedNode(kind), graph), *said]


def test_each_class_with_things_has_a_table(files, built):
    """There is one file for each class that has things, named after the class, and no other."""
    things = {
        q.object.value for q in built.quads if q.predicate == TYPE and q.graph_name.value.endswith("graph/things")
    } - {SKOS + "Concept"}
    classes = {*things, SR + "Document"}
    expected = {f"tables/{file_name(iri)}" for iri in classes}
    assert set(files) == {*expected, "tables/assertions.csv", "tables/csv-metadata.json"}
    assert "tables/population-group.csv" in files


def test_each_thing_has_one_row(files, built, project):
    """Each thing and each document stands in one table, once, in order of id."""
    minter = project.minter
    typed = {q.subject for q in built.quads if q.predicate == TYPE and q.graph_name == minter.graph("things")}
    expected = typed | {minter.document(document.id) for document in built.documents}
    found = Counter()
    for name, data in files.items():
        if name.endswith(".csv") and name != "tables/assertions.csv":
            ids = [row["id"] for row in rows_of(data)]
            assert ids == sorted(ids)
            found.update(f"{minter.base}id/{one}" for one in ids)
    assert found == Counter(thing.value for thing in expected)


def test_tables_are_valid_csvw(group, files):
    """The package csvw finds every table valid against its description: headers, datatypes, keys, required cells."""
    assert len(group.tables) == len(files) - 1
    for table in group.tables:
        assert table.check_primary_key(), table.url
        assert len(list(table)) > 0, table.url


def test_headers_are_the_column_names(files):
    """The header row of each file is the list of columns that the description gives."""
    for table in json.loads(files["tables/csv-metadata.json"])["tables"]:
        columns = [column["name"] for column in table["tableSchema"]["columns"] if not column.get("virtual")]
        assert files[f"tables/{table['url']}"].decode().splitlines()[0] == ",".join(columns)


def test_cells_say_the_graph(files, built, project):
    """The cells of the class tables are exactly the triples of the things, save types, schemes and whole texts."""
    minter, found = project.minter, set()
    for table in json.loads(files["tables/csv-metadata.json"])["tables"][:-1]:
        columns = [column for column in table["tableSchema"]["columns"] if "propertyUrl" in column]
        for row in rows_of(files[f"tables/{table['url']}"]):
            for column in [column for column in columns if row.get(column["name"])]:
                cell, mark = row[column["name"]], column.get("separator")
                for value in cell.split(mark) if mark else [cell]:
                    found.add((row["id"], column["propertyUrl"], column.get("lang", ""), value))
    left_out = {RDF + "type", SCHEMA + "text", SKOS + "inScheme", SKOS + "topConceptOf"}
    described = {q.subject for q in built.quads if q.graph_name == minter.graph("things")}
    expected = set()
    for quad in built.quads:
        own = minter.local_id(quad.subject.value) or ""
        graph = quad.graph_name.value.rsplit("/", 1)[-1]
        told = graph in ("things", "concepts", "alignments") and quad.subject in described
        if (told or graph == own.removeprefix("document/")) and quad.predicate.value not in left_out:
            value, tag = quad.object.value, getattr(quad.object, "language", None) or ""
            shown = minter.local_id(value) or value if isinstance(quad.object, NamedNode) else value
            expected.add((own, quad.predicate.value, tag, shown))
    assert found == expected


def not_stated(quads, minter):
    """What no text states, by thing, property and value: the modalities that tell how it is meant."""
    standing = {q.triple: "" for q in quads if q.graph_name == minter.graph("things")}
    standing |= {q.triple: "inferred" for q in quads if q.graph_name == minter.graph("inferred")}
    said = {}
    for quad in quads:
        said.setdefault(quad.subject, {})[quad.predicate.value] = quad.object
    found = {(triple, modality) for triple, modality in standing.items() if modality}
    for node in said.values():
        if SR + "modality" in node:
            triple = Triple(*(node[RDF + part] for part in ("subject", "predicate", "object")))
            found |= {(triple, node[SR + "modality"].value.removeprefix(SR))} if triple not in standing else set()
    return found


def unstated_cells(files):
    """What the columns with a modality say: id, modality, language, value."""
    for table in json.loads(files["tables/csv-metadata.json"])["tables"]:
        columns = [column for column in table["tableSchema"]["columns"] if "dc:description" in column]
        for row in rows_of(files[f"tables/{table['url']}"]):
            for column in columns:
                name, cell, mark = column["name"], row[column["name"]], column.get("separator")
                if cell and "_label_" not in name:
                    for value in cell.split(mark) if mark else [cell]:
                        yield row["id"], name, column.get("lang", ""), value


def test_what_no_text_states_has_columns_of_its_own(files, built, project):
    """Each inferred or intended statement stands in a column whose name ends with its modality, and in no other."""
    minter = project.minter
    expected = set()
    for triple, modality in not_stated(built.quads, minter):
        value, tag = triple.object.value, getattr(triple.object, "language", None) or ""
        shown = minter.local_id(value) or value if isinstance(triple.object, NamedNode) else value
        expected.add((minter.local_id(triple.subject.value), triple.predicate.value, modality, tag, shown))
    names = {column_name(arrange(built.quads, built.ontology, project), p): p for _, p, *_ in expected}
    found = set()
    for thing, column, tag, value in unstated_cells(files):
        name, modality = column.removesuffix(f"_{tag}").rsplit("_", 1)
        found.add((thing, names[name], modality, tag, value))
    assert len(found) > 3
    assert found == expected


def test_no_triple_is_made_of_what_no_text_states(group):
    """A CSVW reader makes no RDF of these columns, which name no property and say in two languages what they hold."""
    marked = [
        column
        for table in group.tables
        for column in table.tableSchema.columns
        if "dc:description" in column.common_props
    ]
    assert len(marked) > 3
    for column in marked:
        assert column.inherit("propertyUrl") is None
        assert column.suppressOutput
        assert {word["@language"] for word in column.common_props["dc:description"]} == {"fr", "en"}
        titles = {tag: "".join(title) for tag, title in column.titles.value.items()}
        assert titles["fr"].endswith(("(inféré par l’éditeur)", "(visé)"))
        assert titles["en"].endswith(("(inferred by the editor)", "(intended)"))


def said_of(minter, value, modality, document="d", predicate=SR + "offers"):
    """An assertion that a thing has a value."""
    node, graph = minter.thing(f"assertion/{document}/{modality}"), minter.graph(document)
    parts = {RDF + "subject": minter.thing("valeur/x"), RDF + "predicate": NamedNode(predicate), RDF + "object": value}
    parts |= {SR + "modality": NamedNode(SR + modality), RDF + "type": NamedNode(SR + "Assertion")}
    return [Quad(node, NamedNode(iri), one, graph) for iri, one in parts.items()]


@pytest.mark.parametrize(
    ("said", "graph", "columns"),
    [
        ([], "things", {"offers": "valeur/y"}),
        (["reported"], "things", {"offers": "valeur/y"}),
        (["intended"], "things", {"offers": "valeur/y"}),
        (["inferred"], "things", {"offers": "valeur/y"}),
        (["inferred"], "inferred", {"offers_inferred": "valeur/y"}),
        (["intended"], "inferred", {"offers_inferred": "valeur/y"}),
        ([], "inferred", {"offers_inferred": "valeur/y"}),
        (["intended"], "", {"offers_intended": "valeur/y"}),
        (["intended", "not-so"], "", {"offers_intended": "valeur/y", "offers_not_so": "valeur/y"}),
        (["intended"], "derived", {"offers_intended": "valeur/y"}),
        (["intended"], "concepts", {"offers": "valeur/y", "offers_intended": "valeur/y"}),
    ],
)
def test_a_value_stands_under_what_its_statement_is(built, project, said, graph, columns):
    """What stands in graph/things is stated, whoever else says it; then comes what is inferred; else its modalities."""
    minter, value = project.minter, project.minter.thing("valeur/y")
    quads = with_words(minter)
    for modality in said:
        quads += said_of(minter, value, modality, document=f"d-{modality}")
    if graph:
        quads.append(Quad(minter.thing("valeur/x"), NamedNode(SR + "offers"), value, minter.graph(graph)))
    row = rows_of(make(quads, built, project)["tables/value.csv"])[0]
    assert {name: cell for name, cell in row.items() if name.startswith("offers") and cell} == columns


def test_words_that_no_text_states_keep_their_language(built, project):
    """Inferred words have a column a language, numbers have their datatype, and nothing is empty beside them."""
    minter, graph = project.minter, project.minter.graph("inferred")
    words = [Literal("un", language="fr"), Literal("a | b", language="fr"), Literal("one", language="en"), Literal(7)]
    quads = [
        *with_words(minter),
        *(Quad(minter.thing("valeur/x"), NamedNode(SR + "mentionedAs"), w, graph) for w in words),
    ]
    files = make(quads, built, project)
    row = rows_of(files["tables/value.csv"])[0]
    assert row == {
        "id": "valeur/x",
        "iri": f"{minter.base}id/valeur/x",
        "mentionedAs_inferred_fr": "a | b || un",
        "mentionedAs_inferred_en": "one",
        "mentionedAs_inferred": "7",
    }


def test_labels_stand_beside_ids(files, built, project):
    """Next to a column of ids stands one with the French labels, in the same order."""
    labels = {
        q.subject.value: q.object.value for q in built.quads if q.predicate == PREF_LABEL and q.object.language == "fr"
    }
    seen = 0
    for name, data in files.items():
        if not name.endswith(".csv") or name == "tables/assertions.csv":
            continue
        header = data.decode().splitlines()[0].split(",")
        for column in [column for column in header if f"{column}_label_fr" in header]:
            assert header.index(f"{column}_label_fr") == header.index(column) + 1
            for row in rows_of(data):
                ids = row[column].split(";") if row[column] else []
                iris = [one if "://" in one else f"{project.minter.base}id/{one}" for one in ids]
                assert row[f"{column}_label_fr"] == " | ".join(labels.get(iri, "") for iri in iris)
                seen += len(ids)
    assert seen > 10


def test_assertions_have_a_row_for_each_passage(files, built):
    """assertions.csv has one row for each passage of each assertion, in the order of each text."""
    rows = rows_of(files["tables/assertions.csv"])
    evidence = [q for q in built.quads if q.predicate.value == SR + "evidence"]
    assert len(rows) == len(evidence)
    places = [(row["document"], int(row["start"]), int(row["end"])) for row in rows]
    assert places == sorted(places)


def test_quotes_stand_in_the_text(files, built):
    """The quote of each row is the text at its offsets."""
    texts = {document.id: document.text for document in built.documents}
    for row in rows_of(files["tables/assertions.csv"]):
        assert texts[row["document"]][int(row["start"]) : int(row["end"])] == row["quote"]


def test_assertions_say_the_statements(files, built, project):
    """Each row gives its statement: the rows together are the statements of the graph, no more and no less."""
    minter = project.minter
    needed = {term.iri for term in built.ontology.properties.values()}
    graphs = {minter.graph(name) for name in ("things", "inferred")}
    statements = {q.triple for q in built.quads if q.graph_name in graphs and q.predicate.value in needed}
    expected = {(t.subject.value, t.predicate.value, t.object.value) for t in statements}
    rows = rows_of(files["tables/assertions.csv"])
    by_triple = {(f"{minter.base}id/{r['subject']}", r["property_iri"], r["value_iri"] or r["value"]): r for r in rows}
    found = {triple for triple, row in by_triple.items() if triple in expected or row["modality"] != "intended"}
    assert found == expected
    assert all(row["modality"] in built.ontology.modalities for row in rows)


def test_templates_lead_to_the_graph(files, built, project):
    """The IRIs that CSVW makes of the rows of assertions.csv are nodes of the graph, of the classes they should be."""
    described = json.loads(files["tables/csv-metadata.json"])["tables"][-1]
    columns = {column["name"]: column for column in described["tableSchema"]["columns"]}
    types = {(q.subject.value, q.object.value) for q in built.quads if q.predicate == TYPE}
    expected = (
        (described["tableSchema"]["aboutUrl"], SR + "Assertion"),
        (columns["evidence"]["valueUrl"], OA + "SpecificResource"),
        (columns["start"]["aboutUrl"], OA + "TextPositionSelector"),
        (columns["sentence"]["aboutUrl"], OA + "SpecificResource"),
        (columns["document"]["valueUrl"], SR + "Document"),
        (columns["modality"]["valueUrl"], SKOS + "Concept"),
    )
    for row in rows_of(files["tables/assertions.csv"]):
        for template, kind in expected:
            assert (template.replace("{+", "{").format(**row), kind) in types
        assert f"{project.minter.base}id/{row['id']}" == row["iri"]


def test_titles_are_french_and_english(files):
    """Every table and every column has a title in French and one in English."""
    for table in json.loads(files["tables/csv-metadata.json"])["tables"]:
        assert {word["@language"] for word in table["dc:title"]} == {"fr", "en"}
        for column in table["tableSchema"]["columns"]:
            assert column.get("virtual") or {"fr", "en"} <= set(column["titles"]), (table["url"], column["name"])


def test_descriptions_name_key_and_header(files):
    """Every table says what tells its rows apart, and every column has its header among its titles."""
    for table in json.loads(files["tables/csv-metadata.json"])["tables"]:
        rows = rows_of(files[f"tables/{table['url']}"])
        key = table["tableSchema"]["primaryKey"]
        assert len({tuple(row[name] for name in key) for row in rows}) == len(rows)
        for column in table["tableSchema"]["columns"]:
            assert column.get("virtual") or column["titles"]["und"] == column["name"]


def test_csv_follows_the_rfc(files):
    """Files are UTF-8 without a byte order mark, every line ends with CR LF, every row has the same number of cells."""
    for name, data in files.items():
        if name.endswith(".csv"):
            assert not data.startswith(b"\xef\xbb\xbf")
            assert data.endswith(b"\r\n")
            rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
            assert len({len(row) for row in rows}) == 1, name


@pytest.mark.parametrize(
    "word", ["=1+1", "+33", "-x", "@a", 'say "so"', "a;b", "a,b", "a\nb", "a\r\nb", "\u202f", " x "]
)
def test_words_stay_as_they_are(built, project, word):
    """Cells hold the words of the graph unchanged: quotes, commas, line breaks and what looks like a formula."""
    files = make(with_words(project.minter, Literal(word, language="fr")), built, project)
    assert rows_of(files["tables/value.csv"])[0]["skos_note_fr"] == word


def test_separator_is_in_no_word(built, project):
    """Where words hold a bar the separator of their column is longer, and the description says so."""
    words = [Literal(word, language="fr") for word in ("a | b", "c", "d || e")]
    files = make(with_words(project.minter, *words), built, project)
    columns = json.loads(files["tables/csv-metadata.json"])["tables"][0]["tableSchema"]["columns"]
    mark = next(column["separator"] for column in columns if column["name"] == "skos_note_fr")
    assert rows_of(files["tables/value.csv"])[0]["skos_note_fr"].split(mark) == ["a | b", "c", "d || e"]
    assert words_separator([]) == " | "


def test_ids_and_words_of_one_property_have_columns_of_their_own(built, project):
    """A property with an address in one place and plain words in another keeps both."""
    source = "http://purl.org/dc/terms/source"
    values = (NamedNode("https://example.com/a"), Literal("a book"), Literal("un livre", language="fr"))
    files = make(with_words(project.minter, *values, predicate=source), built, project)
    row = rows_of(files["tables/value.csv"])[0]
    assert (row["dct_source"], row["dct_source_text"], row["dct_source_fr"]) == (
        "https://example.com/a",
        "a book",
        "un livre",
    )


def test_no_assertions_no_table(built, project):
    """Without assertions there is no table of them."""
    made = tables(arrange(with_words(project.minter), built.ontology, project))
    assert [table.file for table in made] == ["value.csv"]
