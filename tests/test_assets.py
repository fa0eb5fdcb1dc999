"""Packages from npm are fetched whole, from any registry, each with its licence."""

import hashlib
import json

import pytest

from kg.pages.shared.served_files import has_asset

LOCKS = ["assets", "tests/browser", "tests/clients"]


@pytest.mark.parametrize("folder", LOCKS)
def test_lock_files_name_no_registry(root, folder):
    """A lock file names versions and checksums, and leaves the registry to whoever installs."""
    packages = json.loads((root / folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    assert len(packages) > 1
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


@pytest.fixture(scope="module")
def vendor(root, require):
    require(has_asset("vendor/manifest.json"), "assets", "npm and its registry, which 'make' asks")
    return root / "kg" / "pages" / "vendor"


def test_the_manifest_is_true(vendor, root):
    """The manifest names each file with its checksum, and the versions are those of assets/package.json."""
    manifest = json.loads((vendor / "manifest.json").read_text(encoding="utf-8"))
    wanted = json.loads((root / "assets" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    files = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }

    assert manifest == {"packages": wanted, "files": files}


def test_each_folder_has_the_licences_of_its_packages(vendor):
    """Each folder has the licences of the packages in it, with their text."""
    for folder in (path for path in vendor.iterdir() if path.is_dir()):
        text = (folder / "LICENSE.txt").read_text(encoding="utf-8")

        assert "Permission is hereby granted" in text or "SIL OPEN FONT LICENSE" in text.upper(), folder.name


def test_faces_are_files_of_ours(vendor):
    """Every face that the style sheet names is there, and none stands on another host."""
    rules = (vendor / "fonts.css").read_text(encoding="utf-8")
    named = [part.split('"')[0].split("?")[0] for part in rules.split('url("')[1:]]

    assert len(named) >= 8
    assert [name for name in named if not (vendor / name).is_file()] == []
    assert "//" not in rules
