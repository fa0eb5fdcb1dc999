"""Fixtures that skip absent suites and start what their tests ask."""

from __future__ import annotations

import pytest
from public_suites import missing

from .manifests import SUITE
from .service import Applications


@pytest.fixture(scope="session", autouse=True)
def suite(require) -> None:
    """Skip the test where there is no suite."""
    require(SUITE.is_dir(), "W3C suites of SPARQL 1.1", missing("sparql11"))


@pytest.fixture(scope="session")
def applications():
    """Return a maker of applications over stores."""
    with Applications() as made:
        yield made
