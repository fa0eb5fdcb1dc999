"""What changed in the data since the kept release 0.1.0: no id goes, or means something else, unsaid."""

import pytest
from pyoxigraph import RdfFormat, parse

from kg.model.iris import DCT, HOME, SR, curie
from kg.release.diff.change_report import changes_text
from kg.release.diff.comparison import compare, take_snapshot

INFERRED = {
    *((f"affirmation/{slug}", "type") for slug in ("adn", "emblematique", "racine-du-probleme", "une-fraction")),
    *((f"affirmation/{slug}", "type") for slug in ("quarante-ans-de-reponses", "reponse-concrete")),
    *((f"initiative/{slug}", "offers") for slug in ("egaldia", "saje", "service-appartements-educatifs-78")),
    *((f"initiative/{slug}", "usesApproach") for slug in ("lhss", "prepapp")),
    ("initiative/lhss", "targets"),
    ("initiative/1000-cafes", "hasEffect"),
    ("initiative/plaidoyer", "hasAim"),
    ("initiative/suivi-hors-de-prison", "respondsTo"),
    ("situation/epidemie-vih-sida", "hasTimeSpan"),
}
"""Statements of 0.1.0 that the editors infer now; the changelog names each."""

INTENDED = {("initiative/surloyer-solidaire", "offers")}
"""The one that is only intended."""


@pytest.fixture(scope="module")
def snapshots(project, release):
    """Return the kept release and this one as people see them."""
    kept = parse(path=project.releases / "0.1.0" / "graph.nq", format=RdfFormat.N_QUADS)
    return take_snapshot(kept), take_snapshot(release.quads)


def test_every_thing_that_was_released_is_there_or_leads_on(snapshots):
    """Each thing of the kept release is described, or is withdrawn with a successor that is described."""
    old, new = snapshots
    lost = set(old.kinds) - set(new.kinds)

    assert lost == {f"{HOME}id/approche/expertise-de-terrain"}
    assert {new.gone.get(iri) for iri in lost} <= set(new.kinds)


def test_no_released_id_changes_its_modality_unsaid(snapshots):
    """The statements that have another modality than they had are those of the list, and the difference says so."""
    old, new = snapshots
    changed: dict[str, set[tuple[str, str]]] = {}
    for triple in old.statements.keys() & new.statements.keys():
        before, (modality,) = old.statements[triple].modalities, new.statements[triple].modalities
        if before != (modality,):
            subject, predicate = (term.strip("<>") for term in triple[:2])
            changed.setdefault(curie(modality.strip("<>"), {"sr": SR}), set()).add(
                (subject.removeprefix(f"{HOME}id/"), predicate.removeprefix(SR).removeprefix(DCT))
            )
    words = changes_text(compare(old, new), "en")

    assert changed == {"sr:inferred": INFERRED, "sr:intended": INTENDED}
    assert words.count("to “inferred by the editor”") == len(INFERRED)
    assert words.count("to “intended”") == len(INTENDED)


def test_queries_of_the_kept_release_for_operators_answer(store):
    """Each of the thirteen initiatives that 0.1.0 said to be operated by Groupe SOS still is, by derivation."""
    rows = list(
        store.query(f"""SELECT DISTINCT ?initiative WHERE {{
      GRAPH <{HOME}graph/derived> {{ ?initiative <{SR}operatedBy> <{HOME}id/organisation/groupe-sos> }} }}""")
    )

    assert len(rows) == 13
