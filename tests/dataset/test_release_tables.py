"""The tables of the release of this repository."""

from release.test_tables import *  # noqa: F403  the same tests

del project  # noqa: F821  the one of conftest takes its place
