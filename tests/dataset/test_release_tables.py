"""The release of this repository's own project has tables as the small one has."""

from release.test_tables import *  # noqa: F403  the same tests

del project  # noqa: F821  the one of conftest takes its place
