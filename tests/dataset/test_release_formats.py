"""The release of this repository is written in every format."""

from release.test_formats import *  # noqa: F403  the same tests

del project  # noqa: F821  the one of conftest takes its place
