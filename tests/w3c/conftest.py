"""Leaves the suites out where they are not beside the project, and starts what their tests talk to."""

from __future__ import annotations

import pytest
from public_suites import missing

from .manifests import SUITE
from .service import Applications


@pytest.fixture(scope="session", autouse=True)
def suite(require) -> None:
    """The suite, or no test."""
    require(SUITE.is_dir(), "W3C suites of SPARQL 1.1", missing("sparql11"))


@pytest.fixture(scope="session")
def applications():
    """Makes the application over a store handed in, and talks to it."""
    with Applications() as made:
        yield made
