"""Renaming an id changes all files and lists the old one as withdrawn."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from kg.cli import program
from kg.curate.thing_ids import rename_thing
from kg.graph.builder import build
from kg.model.errors import InputError, KgError, ProjectError
from kg.model.iris import HOME, IriMinter
from kg.model.ontology import read_ontology
from kg.model.project import Project

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


ONTOLOGY = read_ontology(Project.open(Path(__file__).resolve().parents[2]))


def rename(old: str, new: str, files: dict[str, str], released=()) -> dict[str, str]:
    """The files that change, where kept releases have the ids ``released``."""
    return rename_thing(
        old, new, files, GONE, "0.2.0", ontology=ONTOLOGY, minter=IriMinter(HOME), released=frozenset(released)
    )


def renamed(old: str, new: str, **files: str) -> dict[str, str]:
    """The files that change, with YAML annotations beside them."""
    texts = {"a.yaml": YAML, **{name.replace("_", "."): text for name, text in files.items()}}
    return rename(old, new, texts, [old])


def test_annotations_change_in_the_id_alone():
    """Ids and values change; comments, words, quotes, spaces and order stay as they are."""
    after = renamed("initiative/lhss", "initiative/lits")["a.yaml"]

    expected = YAML.replace("- id: initiative/lhss ", "- id: initiative/lits ")
    assert after == expected.replace("value: initiative/lhss,", "value: initiative/lits,")
    assert after.count("initiative/lits") == 2


def test_quotation_marks_and_lines_stay():
    """A value between quotation marks keeps them, and line ends of any kind stay."""
    text = YAML.replace("\n", "\r\n")
    after = rename("effet/lits", "effet/lits-liberes", {"a.yaml": text})["a.yaml"]

    assert "value: 'effet/lits-liberes'\r\n" in after
    assert "{id: effet/lits-liberes, " in after
    assert after.count("\r\n") == text.count("\r\n")


@pytest.mark.parametrize("start", ["", "\ufeff", "# 😀 é\u2028\n", "\ufeff# e\u0301\r\n"])
def test_signs_of_any_width_move_nothing(start):
    """A byte order mark, signs beyond the first plane and line ends of two signs do not shift the places."""
    text = start + "- {id: lieu/un, note: '😀é\u2028', facts: [{value: lieu/un, quote: 😀, note: lieu/un}]}\r\n"
    after = rename("lieu/un", "lieu/deux", {"a.yaml": text})["a.yaml"]

    assert after == text.replace("id: lieu/un", "id: lieu/deux").replace("value: lieu/un", "value: lieu/deux")


def test_an_alias_is_not_renamed_twice():
    """A value that is written once and used again by an alias changes once."""
    text = "- id: &a lieu/un\n  facts:\n  - value: *a\n"
    after = rename("lieu/un", "lieu/un-deux", {"a.yaml": text})["a.yaml"]

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
    after = rename("initiative/lhss", "initiative/lits", texts, ["initiative/lhss"])[GONE]
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
        rename("initiative/lhss", "initiative/lits", {"a.yaml": YAML, GONE: listed}, ["initiative/lhss"])[GONE]
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
        ("initiative/lhss", "initiative/gone", "was released and withdrawn"),
        ("initiative/nothing", "initiative/lits", "nothing is called 'initiative/nothing'"),
        ("document/ici", "document/la", "a document is its folder"),
        ("initiative/lhss", "document/lhss", "a document is its folder"),
    ],
)
def test_an_unusable_id_is_refused(old, new, words):
    """An id that is none, taken, withdrawn or unknown is refused, and so is the id of a document."""
    with pytest.raises(KgError, match=words):
        rename(old, new, {"a.yaml": YAML, GONE: "- id: initiative/gone\n"}, ["initiative/gone"])


@pytest.mark.parametrize("text", ["- id: 'x\n", "- " * 1000, "a: [b\n"])
def test_broken_annotations_are_refused(text):
    """Annotations that are no YAML are left alone; the message names each such file and the place in it."""
    with pytest.raises(InputError, match=r"b\.yaml:1?.*invalid YAML(?s:.*)c\.yaml"):
        rename("initiative/lhss", "initiative/lits", {"a.yaml": YAML, "b.yaml": text, "c.yaml": text})


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("truc/lhss", "ids of the type Initiative begin with 'initiative/'"),
        ("effet/lhss", "ids of the type Initiative begin with 'initiative/'"),
        ("initiatives/lhss", "ids of the type Initiative begin with 'initiative/'"),
    ],
)
def test_a_kind_that_is_not_that_of_the_type_is_refused(new, words):
    """A new id begins as the ids of the thing's type do."""
    with pytest.raises(KgError, match=words):
        rename("initiative/lhss", new, {"a.yaml": YAML})


def test_a_kind_that_no_type_has_is_refused():
    """Where the type is unknown the kind must be that of some type; what comes near is named."""
    text = {"a.yaml": "- {id: lieu/un, type: Unknown}\n"}

    with pytest.raises(KgError, match=r"there is no kind 'lieus'\. Did you mean 'lieu'\?"):
        rename("lieu/un", "lieus/un", text)
    assert "id: organisation/un" in rename("lieu/un", "organisation/un", text)["a.yaml"]


def test_an_id_of_the_wrong_kind_can_be_righted():
    """Where the id was wrong from the start, the right kind is accepted."""
    wrong = {"a.yaml": YAML.replace("initiative/lhss", "truc/lhss")}

    assert "- id: initiative/lhss " in rename("truc/lhss", "initiative/lhss", wrong)["a.yaml"]


@pytest.mark.parametrize("listed", [None, "[]\n", "# Gone.\n- {id: lieu/un, reason: {fr: a, en: b}}\n"])
def test_what_no_release_has_goes_without_a_trace(listed):
    """An id that no kept release has is not listed, and renaming there and back gives the same bytes."""
    files = {"a.yaml": YAML} if listed is None else {"a.yaml": YAML, GONE: listed}
    there = {**files, **rename("initiative/lhss", "initiative/lits", files)}
    back = {**there, **rename("initiative/lits", "initiative/lhss", there)}

    assert there.get(GONE) == listed
    assert back == files


@pytest.mark.parametrize(
    "listed",
    [
        "[]\n",
        "- id: lieu/un\n  reason: {fr: a, en: b}\n",
        "# Gone.\n\n- id: lieu/un\n  reason:\n    fr: a\n    en: b\n",
        "- {id: lieu/un, reason: {fr: a, en: b}, successor: lieu/deux}\n# the end\n",
    ],
)
def test_a_released_id_comes_back_while_its_successor_is_unreleased(listed):
    """Until the new name is released, a released id can have its thing again; its entry goes."""
    files = {"a.yaml": YAML, GONE: listed}
    there = {**files, **rename("initiative/lhss", "initiative/lits", files, ["initiative/lhss"])}
    further = {**there, **rename("initiative/lits", "initiative/soins", there, ["initiative/lhss"])}
    back = {**further, **rename("initiative/soins", "initiative/lhss", further, ["initiative/lhss"])}

    assert yaml.safe_load(further[GONE])[-1]["successor"] == "initiative/soins"
    assert back == files


def test_a_released_id_is_not_given_to_another_thing():
    """An id that a release has goes back to nothing but the thing that had it, and not once its successor is out."""
    files = {"a.yaml": YAML}
    there = {**files, **rename("initiative/lhss", "initiative/lits", files, ["initiative/lhss"])}
    other = {**there, "b.yaml": "- {id: initiative/autre, type: Initiative, facts: []}\n"}

    with pytest.raises(KgError, match="was released and withdrawn"):
        rename("initiative/autre", "initiative/lhss", other, ["initiative/lhss"])
    with pytest.raises(KgError, match="was released and withdrawn"):
        rename("initiative/lits", "initiative/lhss", there, ["initiative/lhss", "initiative/lits"])


def test_an_unreleased_entry_is_taken_out_when_its_id_comes_back():
    """An id that is listed though no release has it can come back; other entries and comments stay."""
    kept = "# Gone.\n- id: lieu/un\n  reason: {fr: a, en: b}\n"
    entry = "- id: initiative/lits\n  reason:\n    fr: a\n    en: |\n      b\n      c\n  successor: lieu/un\n"
    after = rename("initiative/lhss", "initiative/lits", {"a.yaml": YAML, GONE: f"{kept}{entry}# end\n"})

    assert after[GONE] == f"{kept}# end\n"
    with pytest.raises(KgError, match=r"withdrawn\.yaml:1: take the entry of 'initiative/lits' out"):
        rename("initiative/lhss", "initiative/lits", {"a.yaml": YAML, GONE: "[{id: initiative/lits}]\n"})


def test_what_others_call_so_stays():
    """An IRI of another project with the same end is not this thing; prefixes of any name and depth are followed."""
    text = (
        "@prefix i: <https://w3id.org/social-response/id/initiative/> .\n"
        "@prefix id: <https://w3id.org/social-response/id/> .\n"
        "@prefix initiative: <https://x.org/id/initiative/> .\n"
        "i:lhss owl:sameAs initiative:lhss, <https://x.org/id/initiative/lhss>, id:initiative\\/lhss, i:lhss-bis .\n"
    )
    after = renamed("initiative/lhss", "initiative/lits", c_ttl=text)["c.ttl"]

    assert after == text.replace("\ni:lhss ", "\ni:lits ").replace("\\/lhss", "\\/lits")


def test_only_the_annotations_of_documents_are_read(mini):
    """Other YAML in a document's folder and hidden files stop nothing and stay, as in a check."""
    folder = mini.documents()[0]
    strays = {
        folder / "._annotations.yaml": b"\x00\x05\x16\x07",
        folder / "annotations (1).yaml": b"x: [",
        folder / "notes.yaml": b"- {id: public/riverains}\n",
        mini.root / "ontology" / "._concepts.ttl": b"\x00\x05",
        mini.examples / "._question.rq": b"\x00\x05",
        mini.root / "shapes" / "._core.ttl": b"\x00\x05",
        mini.root / "queries" / "rules" / "._rule.rq": b"\x00\x05",
    }
    for path, data in strays.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    result = CliRunner().invoke(
        program, ["--project", str(mini.root), "rename", "public/habitants", "public/riverains"]
    )

    assert result.exit_code == 0, result.output
    assert {path: path.read_bytes() for path in strays} == strays
    assert CliRunner().invoke(program, ["--project", str(mini.root), "check"]).exit_code == 0


def test_a_rename_is_whole_or_nothing(mini, monkeypatch):
    """Where a file cannot be replaced, those before it are as they were, and nothing is left beside them."""
    before = {path: path.read_bytes() for path in mini.root.rglob("*") if path.is_file()}
    replace, last = Path.replace, max(mini.sources())

    def refuse(self, target):
        if target == last.resolve() and self.suffix != ".old":
            raise OSError(16, "Device or resource busy")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ProjectError, match=r": cannot be written: .*\. Nothing was changed\."):
        mini.write_all(dict.fromkeys(sorted([*mini.sources(), mini.data / "new.yaml"]), b"new"))
    monkeypatch.undo()

    assert {path: path.read_bytes() for path in mini.root.rglob("*") if path.is_file()} == before


def test_a_link_and_the_rights_of_a_file_stay(mini, tmp_path):
    """A file that is a link elsewhere is written there, and keeps who may read it."""
    path = min(mini.data.glob("*/annotations.yaml"))
    elsewhere = tmp_path / "elsewhere.yaml"
    path.rename(elsewhere)
    elsewhere.chmod(0o640)
    path.symlink_to(elsewhere)
    mini.write_all({path: b"new"})

    assert path.is_symlink()
    assert elsewhere.read_bytes() == b"new"
    assert elsewhere.stat().st_mode & 0o777 == 0o640


def test_a_project_builds_after_a_rename(mini):
    """After a rename the project builds, and the graph says the same of the new name as of the old."""
    old, new = "public/habitants", "public/riverains"
    before = build(mini)
    texts = {mini.relative(path): path.read_text(encoding="utf-8") for path in mini.sources()}
    changed = rename_thing(
        old, new, texts, mini.relative(mini.withdrawn), mini["version"],
        ontology=read_ontology(mini), minter=mini.minter, released={old},
    )  # fmt: skip
    mini.write_all({mini.root / name: text.encode() for name, text in changed.items()})
    after = build(mini)

    def things(built, thing: str) -> list[str]:
        graph = mini.minter.graph("things")
        lines = [str(quad) for quad in built.quads if quad.graph_name == graph]
        return sorted(re.sub(rf"/id/{thing}>", "/id/x>", line) for line in lines)

    assert things(after, new) == things(before, old)
    assert len(changed) == 3
    assert [gone.id for gone in after.withdrawn][-1] == old
