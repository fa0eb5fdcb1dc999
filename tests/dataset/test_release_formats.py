"""The release of this repository's own project is written in every format as the small one is."""

from release.test_formats import *  # noqa: F403  the same tests

del project  # noqa: F821  the one of conftest takes its place
