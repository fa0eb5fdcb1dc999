"""What the path of an address names: the IRIs that it may mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from kg.model.iris import is_iri

PATH_SAFE = "/:@!$&'()*+,;=~"
"""What a path may hold as it is, besides letters, digits and -._ (RFC 3986, section 3.3)."""


def candidate_iris(starts: Iterable[str], name: str) -> Iterator[str]:
    """The IRIs that begin so and go on as the path, its characters as they are or percent-encoded where a URL needs it.

    Those come first that begin as the first start.
    """
    encoded = quote(name, safe=f"{PATH_SAFE}%")
    for iri in dict.fromkeys(f"{start}{path}" for start in starts for path in (name, encoded)):
        if is_iri(iri):
            yield iri
