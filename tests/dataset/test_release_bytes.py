"""The release of this repository has the same bytes wherever it is built.

It has them whenever and by whomever it is built, too.
"""

from release.test_bytes import build_elsewhere, contents, copy_project


def test_everything_else_changes_no_byte(release, tmp_path, root):
    """Another hash seed, time zone, locale, umask, clock, folder and order of files give the bytes of this process."""
    project = copy_project(root, tmp_path / "elsewhere", backwards=True)
    env = {
        "PYTHONHASHSEED": "4242",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "HOME": "/nonexistent",
    }
    built = contents(build_elsewhere(project, tmp_path / "out" / "dist", "late", "reversed", env=env, umask=0o077))
    del built["SHA256SUMS"]

    assert [name for name in release.files if built.get(name) != release.files[name]] == []
    assert built.keys() == release.files.keys()
