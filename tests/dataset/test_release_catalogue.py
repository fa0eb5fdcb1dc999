"""The descriptions of the release of this repository are true."""

from release.test_catalogue import *  # noqa: F403  the same tests

del project  # noqa: F821  the one of conftest takes its place
