"""Query files: headers are read, and their mistakes told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.model.errors import QueryError
from kg.model.query_files import read_queries, read_query

ROOT = Path(__file__).parents[2]
HEADER = "#+ summary:\n#+   fr: À qui ?\n#+   en: Whom?\n"


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def error(tmp_path, text):
    with pytest.raises(QueryError) as caught:
        read_query(write(tmp_path, "01-a.rq", text), "queries/rules/01-a.rq")
    return str(caught.value)


def test_a_query_is_its_header_and_its_sparql(tmp_path):
    """Name, number, header and SPARQL are told apart; the SPARQL begins after the header."""
    text = HEADER + "#+ tags: [initiative, public]\n\nSELECT * # comment\nWHERE {}\n"
    query = read_query(write(tmp_path, "012-whom.rq", text), "queries/examples/012-whom.rq")
    assert (query.name, query.number, query.slug) == ("012-whom", "012", "whom")
    assert query.path == "queries/examples/012-whom.rq"
    assert query.header == {"summary": {"fr": "À qui ?", "en": "Whom?"}, "tags": ["initiative", "public"]}
    assert query.summary["fr"] == "À qui ?"
    assert query.text == "SELECT * # comment\nWHERE {}\n"
    assert text.splitlines()[query.first_line - 1] == "SELECT * # comment"


def test_labels_are_asked_for_in_the_language_of_the_reader(tmp_path):
    """The labels are asked for in the reader's language; words in that of a text, and comments, stay."""
    text = HEADER + 'SELECT * { ?s ?p ?o FILTER(LANG(?o) = "fr" && LANG(?p) = "fr" && STR(?o) = "fr") } # "fr"\n'
    query = read_query(write(tmp_path, "012-whom.rq", text), "queries/examples/012-whom.rq")

    assert query.in_language("fr") == query.text
    assert query.in_language("en").strip() == (
        'SELECT * { ?s ?p ?o FILTER(LANG(?o) = "en" && LANG(?p) = "en" && STR(?o) = "fr") } # "fr"'
    )


def test_a_folded_text_spans_lines(tmp_path):
    """YAML's own ways of writing long texts work in a header."""
    folded = "#+ description:\n#+   fr: >-\n#+     deux\n#+     mots\n#+   en: two words\n"
    text = "#+ summary: {fr: un, en: one}\n" + folded + "ASK {}\n"
    query = read_query(write(tmp_path, "a.rq", text), "a.rq")
    assert query.header["description"] == {"fr": "deux mots", "en": "two words"}
    assert query.number == ""


def test_queries_of_a_folder_are_sorted_by_name(tmp_path):
    """The order is that of the names, other files are left alone, and messages show folder and file."""
    folder = tmp_path / "queries" / "rules"
    folder.mkdir(parents=True)
    for name in ("02-b.rq", "10-c.rq", "01-a.rq"):
        write(folder, name, HEADER + "ASK {}")
    write(folder, "notes.txt", "no query")
    queries = read_queries(folder)
    assert [query.name for query in queries] == ["01-a", "02-b", "10-c"]
    assert queries[0].path == "queries/rules/01-a.rq"


def test_a_folder_that_is_not_there_has_no_queries(tmp_path):
    """A project without rules or checks is no error."""
    assert read_queries(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ASK {}", "queries/rules/01-a.rq:1: the header has no summary. Add '#+ summary:'"),
        (
            "#+ summary:\n#+   fr: À qui ?\nASK {}",
            "01-a.rq:1: the summary has no text in en. Add '#+   en: …' below it.",
        ),
        ("#+ tags: [a]\n#+ summary: words\nASK {}", "01-a.rq:2: the summary has no text in fr, en."),
        ("#+ summary: {fr: a, en: ' '}\nASK {}", "01-a.rq:1: the summary has no text in en."),
        (HEADER + "#+ message: {en: b}\nASK {}", "01-a.rq:4: the message has no text in fr."),
        (
            HEADER + "#+ tags: initiative\nASK {}",
            "01-a.rq:4: 'tags' is not a list of words. Write '#+ tags: [one, two]'.",
        ),
        (HEADER + "#+ about: [1]\nASK {}", "01-a.rq:4: 'about' is not a list of words."),
        (HEADER, "01-a.rq:4: there is no query after the header. Write the SPARQL there."),
        (
            "#+ summary:\n#+   fr: a: b\nASK {}",
            "01-a.rq:2: the header is not valid YAML: mapping values are not allowed",
        ),
        ("#+ - one\nASK {}", "01-a.rq:1: the header is not a mapping."),
        ("#+ summary: [\nASK {}", "01-a.rq:1: the header is not valid YAML"),
        (
            f"#+ summary: {'[' * 100_000}\nASK {{}}",
            "01-a.rq:1: the header is not valid YAML: it is nested too deeply, the form never is",
        ),
        ("#+ summary: 2026-99-99\nASK {}", "01-a.rq:1: the header cannot be read: month must be in 1..12"),
    ],
)
def test_a_wrong_header_is_said_with_its_line(tmp_path, text, words):
    """The message names the file, the line, what is wrong and what to do."""
    assert words in error(tmp_path, text)


def test_all_problems_of_a_header_are_said_at_once(tmp_path):
    """One error holds every problem of the file."""
    assert len(error(tmp_path, "#+ tags: a\n#+ about: b\nASK {}").splitlines()) == 3


def test_a_file_that_is_not_text_is_an_error(tmp_path):
    """Bytes that are not UTF-8 give a message and no traceback."""
    path = tmp_path / "01-a.rq"
    path.write_bytes(b"#+ summary: \xff\nASK {}")
    with pytest.raises(QueryError, match=r"01-a\.rq: byte 12 is not UTF-8"):
        read_query(path, "01-a.rq")
    with pytest.raises(QueryError, match=r"none\.rq: cannot be read"):
        read_query(tmp_path / "none.rq", "none.rq")


def test_all_problems_of_a_folder_are_said_at_once(tmp_path):
    """Every file with a problem is named, and two files of one number as well."""
    write(tmp_path, "01-a.rq", "ASK {}")
    write(tmp_path, "02-b.rq", HEADER + "ASK {}")
    write(tmp_path, "02-c.rq", HEADER + "ASK {}")
    with pytest.raises(QueryError) as caught:
        read_queries(tmp_path)
    first, second = str(caught.value).splitlines()
    assert "01-a.rq:1: the header has no summary" in first
    assert "02-c.rq: '02' is taken by" in second
    assert second.endswith("02-b.rq. Give the file another number.")


@pytest.mark.parametrize("folder", ["rules", "checks"])
def test_the_queries_of_this_project_can_be_read(folder):
    """The rules and checks of the repository have headers in both languages, numbered without a gap."""
    queries = read_queries(ROOT / "queries" / folder)
    assert [query.number for query in queries] == [f"{number:02}" for number in range(1, len(queries) + 1)]
