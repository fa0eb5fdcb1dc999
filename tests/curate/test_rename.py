"""Renaming an id changes all files and lists the old one as withdrawn."""

import re

import pytest
import yaml

from kg.curate.thing_ids import rename_thing
from kg.graph.builder import build
from kg.model.errors import KgError

GONE = "data/withdrawn.yaml"
YAML = """# initiative/lhss in a comment
- id: initiative/lhss   # the id
  type: Initiative
  label: {fr: "Lits\u00a0: initiative/lhss", en: 'x'}
  note: initiative/lhss
  facts:
  - property: hasEffect
    value: 'effet/lits'
    quote: initiative/lhss
    modality:   effect
- {id: effet/lits, type: Effect, facts: [{property: concerns, value: initiative/lhss, quote: a, modality: reported}]}
- id: initiative/lhss-bis
  facts: []
"""


def renamed(old: str, new: str, **files: str) -> dict[str, str]:
    """The files that change, with YAML annotations beside them."""
    texts = {"a.yaml": YAML, **{name.replace("_", "."): text for name, text in files.items()}}
    return rename_thing(old, new, texts, GONE, "0.2.0")


def test_annotations_change_in_the_id_alone():
    """Ids and values change; comments, words, quotes, spaces and order stay as they are."""
    after = renamed("initiative/lhss", "initiative/lits")["a.yaml"]

    expected = YAML.replace("- id: initiative/lhss ", "- id: initiative/lits ")
    assert after == expected.replace("value: initiative/lhss,", "value: initiative/lits,")
    assert after.count("initiative/lits") == 2


def test_quotation_marks_and_lines_stay():
    """A value between quotation marks keeps them, and line ends of any kind stay."""
    text = YAML.replace("\n", "\r\n")
    after = rename_thing("effet/lits", "effet/lits-liberes", {"a.yaml": text}, GONE, "0.2.0")["a.yaml"]

    assert "value: 'effet/lits-liberes'\r\n" in after
    assert "{id: effet/lits-liberes, " in after
    assert after.count("\r\n") == text.count("\r\n")


@pytest.mark.parametrize("start", ["", "\ufeff", "# 😀 é\u2028\n", "\ufeff# e\u0301\r\n"])
def test_signs_of_any_width_move_nothing(start):
    """A byte order mark, signs beyond the first plane and line ends of two signs do not shift the places."""
    text = start + "- {id: lieu/un, note: '😀é\u2028', facts: [{value: lieu/un, quote: 😀, note: lieu/un}]}\r\n"
    after = rename_thing("lieu/un", "lieu/deux", {"a.yaml": text}, GONE, "1.0.0")["a.yaml"]

    assert after == text.replace("id: lieu/un", "id: lieu/deux").replace("value: lieu/un", "value: lieu/deux")


def test_an_alias_is_not_renamed_twice():
    """A value that is written once and used again by an alias changes once."""
    text = "- id: &a lieu/un\n  facts:\n  - value: *a\n"
    after = rename_thing("lieu/un", "lieu/un-deux", {"a.yaml": text}, GONE, "1.0.0")["a.yaml"]

    assert after == "- id: &a lieu/un-deux\n  facts:\n  - value: *a\n"


def test_turtle_and_queries():
    """IRIs and prefixed names of the thing change in Turtle and SPARQL, and those of longer names stay."""
    turtle = (
        "@prefix initiative: <https://w3id.org/social-response/id/initiative/> .\n"
        "initiative:lhss skos:altLabel 'a' ; skos:related initiative:lhss-bis,initiative:lhss.\n"
        "<https://w3id.org/social-response/id/initiative/lhss> a <https://x.org/id/initiative/lhss-bis> .\n"
        "my-initiative:lhss a x:lhss .\n"
    )
    after = renamed("initiative/lhss", "initiative/lits", c_ttl=turtle, d_rq="SELECT * { initiative:lhss ?p ?o }")

    assert after["c.ttl"] == (
        "@prefix initiative: <https://w3id.org/social-response/id/initiative/> .\n"
        "initiative:lits skos:altLabel 'a' ; skos:related initiative:lhss-bis,initiative:lits.\n"
        "<https://w3id.org/social-response/id/initiative/lits> a <https://x.org/id/initiative/lhss-bis> .\n"
        "my-initiative:lhss a x:lhss .\n"
    )
    assert after["d.rq"] == "SELECT * { initiative:lits ?p ?o }"


def test_files_without_the_id_are_left_out():
    """Only files that change are given back."""
    assert renamed("initiative/lhss", "initiative/lits", b_ttl="a:b a:c a:d .").keys() == {"a.yaml", GONE}


@pytest.mark.parametrize(
    "listed", [None, "", "[]\n", "# Gone.\n[]\n", "# Gone.\n", "- id: lieu/un\n  reason: {fr: a, en: b}"]
)
def test_the_old_id_is_listed(listed):
    """The old id is listed with reasons in both languages, its successor and the version, after what is there."""
    texts = {"a.yaml": YAML} if listed is None else {"a.yaml": YAML, GONE: listed}
    after = rename_thing("initiative/lhss", "initiative/lits", texts, GONE, "0.2.0")[GONE]
    entries = yaml.safe_load(after)

    assert entries[-1] == {
        "id": "initiative/lhss",
        "reason": {"fr": "renommé en initiative/lits", "en": "renamed to initiative/lits"},
        "successor": "initiative/lits",
        "since": "0.2.0",
    }
    assert len(entries) == (2 if listed and "lieu/un" in listed else 1)
    assert ("# Gone." in after) == bool(listed and "# Gone." in listed)


def test_a_withdrawn_id_leads_to_the_new_name_of_its_successor():
    """A withdrawn id whose successor is renamed leads to the new name."""
    listed = "- id: initiative/lit\n  reason: {fr: a, en: b}\n  successor: initiative/lhss\n  since: 0.1.0\n"
    after = yaml.safe_load(
        rename_thing("initiative/lhss", "initiative/lits", {"a.yaml": YAML, GONE: listed}, GONE, "0.2.0")[GONE]
    )

    assert [entry["successor"] for entry in after] == ["initiative/lits", "initiative/lits"]
    assert after[0]["since"] == "0.1.0"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("initiative/lhss", "initiative/LHSS", "is not an id"),
        ("lhss", "initiative/lits", "is not an id"),
        ("initiative/lhss", "initiative/lhss", "has that name already"),
        ("initiative/lhss", "effet/lits", "is taken"),
        ("initiative/lhss", "initiative/gone", "was withdrawn"),
        ("initiative/nothing", "initiative/lits", "nothing is called 'initiative/nothing'"),
        ("document/ici", "document/la", "a document is its folder"),
        ("initiative/lhss", "document/lhss", "a document is its folder"),
    ],
)
def test_an_unusable_id_is_refused(old, new, words):
    """An id that is none, taken, withdrawn or unknown is refused, and so is the id of a document."""
    with pytest.raises(KgError, match=words):
        rename_thing(old, new, {"a.yaml": YAML, GONE: "- id: initiative/gone\n"}, GONE, "0.2.0")


@pytest.mark.parametrize("text", ["- id: 'x\n", "- " * 1000, "a: [b\n"])
def test_broken_annotations_are_refused(text):
    """Annotations that are no YAML are left alone."""
    with pytest.raises(KgError, match="not valid YAML"):
        rename_thing("initiative/lhss", "initiative/lits", {"a.yaml": YAML, "b.yaml": text}, GONE, "0.2.0")


def test_a_whole_project(mini):
    """After a rename the project builds, and the graph says the same of the new name as of the old."""
    old, new = "public/habitants", "public/riverains"
    before = build(mini)
    texts = {mini.relative(path): path.read_text(encoding="utf-8") for path in mini.sources()}
    changed = rename_thing(old, new, texts, mini.relative(mini.withdrawn), mini["version"])
    mini.write_all({mini.root / name: text.encode() for name, text in changed.items()})
    after = build(mini)

    def things(built, thing: str) -> list[str]:
        graph = mini.minter.graph("things")
        lines = [str(quad) for quad in built.quads if quad.graph_name == graph]
        return sorted(re.sub(rf"/id/{thing}>", "/id/x>", line) for line in lines)

    assert things(after, new) == things(before, old)
    assert len(changed) == 3
    assert [gone.id for gone in after.withdrawn][-1] == old
