"""The tables of the release of this repository."""

from release.test_tables import *  # noqa: F403  the same tests
from release.test_tables import rows_of

del project  # noqa: F821  the one of conftest takes its place


def test_rents_that_are_only_promised_are_not_told_as_offered(release):
    """What the text only intends stands beside what it states: an adjusted rent, cafés, the help of the ACT."""
    rows = {row["id"]: row for row in rows_of(release.files["tables/initiative.csv"])}
    rent, cafes, act = (rows[f"initiative/{name}"] for name in ("surloyer-solidaire", "1000-cafes", "act"))

    assert (rent["offers"], rent["offers_intended"]) == ("", "offre/loyer-ajuste")
    assert cafes["hasEffect_inferred"] == "effet/lien-social-renforce"
    assert "effet/lien-social-renforce" not in cafes["hasEffect"]
    assert act["offers_intended"] == "offre/hebergement;offre/soutien-medical;offre/soutien-social"
    assert act["offers_intended_label_fr"] == "hébergement | soutien médical | soutien social"
