"""The differences between two releases, in words and as an RDF patch."""

import hashlib
import json

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from kg.graph.builder import build
from kg.model.iris import SR
from kg.model.project import Project
from kg.release.diff.change_report import changes_json, changes_text, rdf_patch
from kg.release.diff.comparison import compare, take_snapshot

NB, NARROW = "\u00a0", "\u202f"
FIRST, SECOND = "data/atelier-du-canal/annotations.yaml", "data/jardin-des-ponts/annotations.yaml"


def edit(project: Project, name: str, old: str, new: str) -> None:
    """Change words in a file of a project."""
    path = project.root / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def changed(mini):
    """Makes changes to the small project: from edits (file, old, new) to what changed."""
    before = build(mini).quads

    def change(*edits: tuple[str, str, str]):
        for one in edits:
            edit(mini, *one)
        return compare(take_snapshot(before), take_snapshot(build(Project.open(mini.root)).quads))

    return change


def lines(changes, language: str = "fr") -> list[str]:
    """The lines about things, with no-break spaces as ordinary ones."""
    text = changes_text(changes, language).replace(NB, " ").replace(NARROW, " ")
    return [line for line in text.splitlines() if not line.startswith(("Graphe ", "Graph "))]


def fact(*rows: str) -> str:
    """A fact as it stands in an annotation file."""
    return "  - " + "\n    ".join(rows) + "\n"


EFFECT = fact(
    "property: hasEffect",
    "value: effet/isolement-rompu",
    "quote: Ces vélos ont rompu l’isolement des habitants",
    "modality: effect",
)


def test_a_text_that_changed_is_told(changed, mini):
    """A document whose text is another one is told, though no release should have it so."""
    text = mini.data / "atelier-du-canal" / "text.txt"
    data = text.read_bytes()
    new = data + b"\nFin.\n"
    text.write_bytes(new)
    sums = (hashlib.sha256(one).hexdigest() for one in (data, new))
    changes = changed(("data/atelier-du-canal/document.toml", *sums))

    assert lines(changes, "en") == ["Text “L’Atelier du Canal”: the text changed"]
    assert lines(changes) == ["Texte « L’Atelier du Canal » : le texte a changé"]


def test_equal_releases_have_no_differences(changed):
    """Two releases that are the same have no differences to tell."""
    changes = changed()

    assert not changes
    assert changes_text(changes) == "Les deux versions disent la même chose."
    assert changes_text(changes, "en") == "Both releases say the same."
    assert json.loads(changes_json(changes))["changed"] == []


def test_an_effect_is_no_longer_stated(changed):
    """A statement that went is told by the noun phrase of its property and the label of its value."""
    changes = changed((FIRST, EFFECT, ""))

    assert lines(changes) == ["prêt de vélos pendant la crue : l’effet « isolement rompu » n’y figure plus"]
    assert lines(changes, "en") == ["bicycles lent during the flood: the effect “isolation ended” is no longer stated"]


def test_a_statement_is_new(changed):
    """A statement that came is told the same way, words of the text in their own language."""
    more = fact("property: mentionedAs", "quote: une approche", "modality: reported")
    changes = changed((FIRST, "\n- id: but/acces-a-l-emploi", f"{more}\n- id: but/acces-a-l-emploi"))

    assert lines(changes) == ["faire avec : la mention « une approche » s’ajoute"]
    assert lines(changes, "en") == ["doing with: the mention “une approche” is new"]


def test_quotes_move_with_the_text(changed, mini):
    """A sentence that is put into the text moves the quotes after it, and an effect that went is told beside them."""
    path = mini.root / "data" / "atelier-du-canal"
    text = (path / "text.txt").read_text(encoding="utf-8")
    longer = text.replace("La solidarité est", "Il ouvre le samedi.\nLa solidarité est")
    (path / "text.txt").write_text(longer, encoding="utf-8")
    sums = [hashlib.sha256(one.encode()).hexdigest() for one in (text, longer)]
    changes = changed(("data/atelier-du-canal/document.toml", *sums), (FIRST, EFFECT, ""))

    assert lines(changes) == [
        "Texte « L’Atelier du Canal » : le texte a changé",
        "prêt de vélos pendant la crue : l’effet « isolement rompu » n’y figure plus",
        "local associatif : 1 citation déplacée",
        "L’Atelier du Canal : 2 citations déplacées",
        "solidarité : 1 citation déplacée",
    ]
    assert lines(changes, "en")[2:] == [
        "association’s premises: 1 quote moved",
        "L’Atelier du Canal: 2 quotes moved",
        "solidarity: 1 quote moved",
    ]


def test_other_words_are_no_move(changed):
    """A quote with other words on the same statement is told as changed."""
    changes = changed((FIRST, "quote: selon une approche", "quote: une approche"))

    assert lines(changes) == ["la Vélothèque : 1 citation changée"]
    assert lines(changes, "en") == ["the Vélothèque bicycle library: 1 quote changed"]


def test_another_place_of_the_same_words_is_a_move(changed):
    """A quote that is taken from another place where the same words stand is told as moved."""
    once = "quote: la Table commune\n    occurrence: "
    changes = changed((SECOND, f"{once}1", f"{once}2"))

    assert lines(changes) == ["la Table commune : 1 citation déplacée"]


def test_a_modality_changes(changed):
    """A statement whose modality changed is told with both, by their labels."""
    changes = changed((SECOND, "quote: L’Atelier du Canal prête ses vélos\n    modality: inferred",
                       "quote: L’Atelier du Canal prête ses vélos\n    modality: reported"))  # fmt: skip

    assert lines(changes) == [
        "la Table commune : le partenaire « L’Atelier du Canal » passe de « inféré par l’éditeur » à « rapporté »"
    ]
    assert lines(changes, "en") == [
        "La Table commune: the partner “L’Atelier du Canal” changes from “inferred by the editor” to “reported”"
    ]


def test_documents_that_differ_in_modality_are_both_told(mini):
    """Where documents say one thing in different modalities, both are told, whichever of them changed."""
    quads = build(mini).quads
    modality, inferred, reported = (NamedNode(SR + name) for name in ("modality", "inferred", "reported"))
    first = next(quad for quad in quads if quad.predicate == modality and quad.object == reported)
    other = NamedNode(f"{first.subject.value}-of-another")
    copies = [
        Quad(other, quad.predicate, inferred if quad.predicate == modality else quad.object, quad.graph_name)
        for quad in quads
        if quad.subject == first.subject
    ]
    one, both = take_snapshot(quads), take_snapshot([*quads, *copies])
    come, gone = (
        json.loads(changes_json(compare(*pair)))["changed"][0]["modality"] for pair in ((one, both), (both, one))
    )

    assert come[0][1:] == [reported.value, [inferred.value, reported.value]]
    assert gone[0][1:] == [[inferred.value, reported.value], reported.value]
    assert "from “reported” to “inferred by the editor” and “reported”" in changes_text(compare(one, both), "en")
    assert "de « inféré par l’éditeur » et « rapporté » à « rapporté »" in lines(compare(both, one))[0]
    assert not any(group.modality for group in compare(both, both).groups)


def test_labels_and_definitions_change(changed):
    """A label is told with the old and the new one in each language that changed, a definition by its language."""
    changes = changed(
        (FIRST, "label: {fr: la Vélothèque, en: the Vélothèque bicycle library}", "label: {fr: Vélothèque, en: the V}"),
        (FIRST, "fr: Service de prêt de vélos de l’Atelier du Canal.", "fr: Service de prêt."),
    )

    french = "libellé en « the Vélothèque bicycle library » → « the V » ; libellé fr « la Vélothèque » → « Vélothèque »"
    english = "en label “the Vélothèque bicycle library” → “the V”; fr label “la Vélothèque” → “Vélothèque”"
    assert lines(changes) == [f"Vélothèque : {french} ; définition fr modifiée"]
    assert lines(changes, "en") == [f"the V: {english}; fr definition changed"]


def test_a_class_changes(changed):
    """A thing of another class is told with the labels of both."""
    changes = changed((FIRST, "id: lieu/local\n  type: Setting", "id: lieu/local\n  type: Place"))

    assert lines(changes) == ["local associatif : Cadre devient Lieu"]
    assert lines(changes, "en") == ["association’s premises: Setting becomes Place"]


def test_a_changed_note_on_a_statement_is_counted(changed):
    """A note that changed on a statement is counted."""
    changes = changed((FIRST, "note: L’équipe est celle de l’Atelier du Canal.", "note: Celle de l’Atelier."))

    assert lines(changes) == ["prêt de vélos pendant la crue : 1 note changée"]
    assert lines(changes, "en") == ["bicycles lent during the flood: 1 note changed"]


def test_things_come_and_go(changed, mini):
    """A new thing is told with its class, one that went with its successor where it has one."""
    entry = "- id: lieu/local\n"
    gone = "\n- id: lieu/local\n  reason: {fr: renommé, en: renamed}\n  successor: lieu/atelier\n"
    path = mini.withdrawn
    path.write_text(path.read_text(encoding="utf-8") + gone.lstrip("\n"), encoding="utf-8")
    changes = changed(
        (FIRST, entry, "- id: lieu/atelier\n"),
        (FIRST, "value: lieu/local", "value: lieu/atelier"),
        (FIRST, "label: {fr: local associatif,", "label: {fr: atelier,"),
    )

    assert lines(changes) == [
        "atelier : nouveau (Cadre)",
        "local associatif : retiré (Cadre), remplacé par atelier",
        "L’Atelier du Canal : le lieu « atelier » s’ajoute ; le lieu « local associatif » n’y figure plus",
    ]
    assert lines(changes, "en")[1] == "association’s premises: removed (Setting), replaced by association’s premises"
    assert json.loads(changes_json(changes))["removed"] == [
        {"id": "https://example.org/mini/id/lieu/local", "successor": "https://example.org/mini/id/lieu/atelier"}
    ]


def test_graphs_are_counted(changed):
    """How many triples came and went is told for each graph that differs."""
    changes = changed((FIRST, EFFECT, ""))
    text = changes_text(changes).replace(NB, " ")

    assert changes.graphs.keys() == {"things", "atelier-du-canal"}
    assert changes.graphs["things"] == (0, 1)
    assert "Graphe things : +0 −1 triplets" in text
    assert "Graph things: +0 −1 triples" in changes_text(changes, "en")


def test_only_the_settings_changed(changed):
    """A change that touches no thing is told by the triples of its graph."""
    changes = changed(("kg.toml", 'version = "0.1.0"', 'version = "0.2.0"'))

    assert lines(changes) == []
    assert changes_text(changes, "en") == "Graph metadata: +4 −4 triples"
    told = json.loads(changes_json(changes))
    assert (told["old"], told["new"]) == ("0.1.0", "0.2.0")


def test_french_words_have_spaces_that_do_not_break(changed):
    """The French words have no-break spaces inside « », before « : » and narrow ones before « ; »."""
    text = changes_text(changed((FIRST, EFFECT, ""), (FIRST, "selon une approche", "une approche")))

    assert f"{NB}: l’effet «{NB}isolement rompu{NB}» n’y figure plus" in text
    assert " :" not in text
    assert " ;" not in text


def applied(patch: str, old: set[str]) -> set[str]:
    """The lines of a graph after an RDF patch, as a store would have them."""
    after = set(old)
    begin, *rows, end, last = patch.split("\n")
    assert (begin, end, last) == ("TX .", "TC .", "")
    for row in rows:
        kind, line = row.split(" ", 1)
        assert list(parse(line, RdfFormat.N_QUADS))
        if kind == "D":
            after.remove(line)
        else:
            assert kind == "A"
            assert line not in after
            after.add(line)
    return after


def test_the_patch_makes_the_new_of_the_old(mini):
    """The RDF patch, applied to the old release, gives the new one; between a release and itself it is empty."""
    before = {f"{quad} ." for quad in build(mini).quads}
    edit(mini, FIRST, EFFECT, "")
    edit(mini, FIRST, "label: {fr: la Vélothèque, en", "label: {fr: Vélothèque, en")
    after = {f"{quad} ." for quad in build(mini).quads}

    assert applied(rdf_patch(before, after), before) == after
    assert applied(rdf_patch(after, before), after) == before
    assert rdf_patch(before, before) == "TX .\nTC .\n"


def test_the_order_of_quads_does_not_matter(mini):
    """What changed does not depend on the order in which a release is read."""
    before = build(mini).quads
    edit(mini, FIRST, EFFECT, "")
    after = build(mini).quads
    forwards = compare(take_snapshot(before), take_snapshot(after))
    backwards = compare(take_snapshot(before[::-1]), take_snapshot(after[::-1]))

    assert changes_text(backwards) == changes_text(forwards)
    assert changes_json(backwards) == changes_json(forwards)
