"""The wheel holds what a new project and the pages need, wherever it is built, or is not built at all."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from functools import partial
from pathlib import Path

import pytest

from kg.pages.shared.served_files import has_asset

VENDOR = "kg/pages/vendor"
NO_REGISTRY = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retry_mintimeout": "1"}
NO_NPM = {"PATH": os.devnull}


PIP_WHEEL = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w")


def ended(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """How a command ended, and what it said."""
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """The output of a command that must succeed."""
    done = ended(*command, cwd=cwd, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def hatch(checkout: Path, target: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """How hatchling, which pip and build call, ended."""
    return ended(sys.executable, "-m", "hatchling", "build", "-t", target, cwd=checkout, **environment)


def contents(checkout: Path, pattern: str = "*.whl") -> set[str]:
    """The names of the files in the only package that was built there."""
    (built,) = (checkout / "dist").glob(pattern)
    if built.suffix == ".whl":
        return set(zipfile.ZipFile(built).namelist())
    with tarfile.open(built) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture
def checkout(root, tmp_path, require) -> Path:
    """A fresh clone of the project as it is here: nothing in it that git does not hold."""
    there = shutil.which("git") and (root / ".git").exists()
    require(bool(there), "wheel of a git checkout", "git and a checkout")
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=root).split("\0")
    for name in names:
        if (root / name).is_file() and not name.startswith(("releases/", "tests/", "docs/")):
            (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, tmp_path / "checkout" / name)
    return tmp_path / "checkout"


@pytest.fixture
def complete(checkout, root, require) -> Path:
    """Such a clone in which ``make`` has fetched what pages take from npm."""
    require(has_asset("vendor/manifest.json"), "wheel of a complete checkout", "what 'make' fetches from npm")
    shutil.copytree(root / VENDOR, checkout / VENDOR)
    return checkout


def wanted(checkout: Path) -> set[str]:
    """What git does not hold and each package must."""
    compiled = {
        path.relative_to(checkout).with_suffix(".mo").as_posix() for path in checkout.glob("kg/locale/*/*/*.po")
    }
    fetched = json.loads((checkout / VENDOR / "manifest.json").read_bytes())["files"]
    return compiled | {f"{VENDOR}/{name}" for name in [*fetched, "manifest.json"]}


def test_pip_builds_a_whole_wheel_of_a_git_repository(checkout, tmp_path, require):
    """``pip`` with ``git+…`` fetches what pages take from npm, and compiles the catalogues."""
    reached = shutil.which("npm") and ended("npm", "ping", "--fetch-retries=0", cwd=tmp_path).returncode == 0
    require(bool(reached), "wheel of a git repository", "npm and its registry")
    who = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    run("git", "init", "--quiet", cwd=checkout)
    run("git", "add", "--all", cwd=checkout)
    run("git", *who, "commit", "--quiet", "--message", "all", cwd=checkout)
    run(*PIP_WHEEL, tmp_path / "dist", f"git+file://{checkout}", cwd=tmp_path)
    names = contents(tmp_path)

    assert f"{VENDOR}/yasgui/yasgui.min.js" in names
    assert f"{VENDOR}/oxigraph/web_bg.wasm" in names
    assert len([name for name in names if name.endswith(".woff2")]) >= 8
    assert {f"kg/locale/{tag}/LC_MESSAGES/kg.mo" for tag in ("fr", "en")} <= names
    assert not [name for name in names if "node_modules" in name]


@pytest.mark.parametrize("target", ["wheel", "sdist"])
@pytest.mark.parametrize(
    ("environment", "reason"),
    [(NO_NPM, "npm and Node 20 or newer are not here"), (NO_REGISTRY, "npm's registry does not answer")],
    ids=["no npm", "no registry"],
)
def test_no_package_lacks_the_assets_in_silence(checkout, tmp_path, target, environment, reason, require):
    """Where npm does not give them, nothing is built, and the message says what to do."""
    require(environment is NO_NPM or bool(shutil.which("npm")), "wheel without a registry", "npm")
    done = hatch(checkout, target, npm_config_cache=str(tmp_path / "cache"), **environment)

    assert done.returncode == 1
    assert f"The package would lack typefaces, SPARQL editor and WebAssembly: {reason}" in done.stderr
    assert "Install Node 20 or newer with npm" in done.stderr
    assert list((checkout / "dist").iterdir()) == []


def test_a_package_without_the_assets_is_built_where_one_asks_for_it(checkout):
    """With KG_WITHOUT_ASSETS the wheel is built without npm, says so, and has its catalogues."""
    done = hatch(checkout, "wheel", KG_WITHOUT_ASSETS="1", **NO_NPM)
    names = contents(checkout)

    assert "KG_WITHOUT_ASSETS is set, so this package lacks what npm gives" in done.stdout + done.stderr
    assert not [name for name in names if name.startswith(VENDOR)]
    assert "kg/locale/fr/LC_MESSAGES/kg.mo" in names


def test_wheel_and_sdist_of_a_complete_checkout_need_no_npm(complete, tmp_path):
    """What is there is not fetched again; the wheel of the sdist is that of the checkout."""
    assert hatch(complete, "wheel", **NO_NPM).returncode == 0
    assert hatch(complete, "sdist", **NO_NPM).returncode == 0
    with tarfile.open(next((complete / "dist").glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    for compiled in unpacked.glob("kg/locale/*/*/kg.mo"):
        compiled.unlink()
    done = hatch(unpacked, "wheel", **NO_NPM)

    assert done.returncode == 0, done.stderr
    assert contents(unpacked) == contents(complete)
    assert wanted(complete) <= contents(complete)
    assert wanted(complete) | {"assets/copy.mjs", "assets/package-lock.json"} <= contents(complete, "*.tar.gz")


def spoil_json(path: Path, key: str) -> None:
    """Raise a version in a file of JSON."""
    data = json.loads(path.read_bytes())
    data[key]["oxigraph"] = "99.0.0"
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda vendor: (vendor / "manifest.json").unlink(), "not whole"),
        (lambda vendor: (vendor / "manifest.json").write_text("{"), "not whole"),
        (lambda vendor: (vendor / "manifest.json").write_text("[]"), "not whole"),
        (lambda vendor: (vendor / "manifest.json").write_text('{"files": []}'), "not whole"),
        (lambda vendor: (vendor / "yasgui/yasgui.min.js").unlink(), "not whole"),
        (lambda vendor: shutil.rmtree(vendor / "source-serif-4"), "not whole"),
        (lambda vendor: (vendor / "oxigraph/web_bg.wasm").write_bytes(b""), "web_bg.wasm is not what was fetched"),
        (lambda vendor: (vendor / "fonts.css").write_text("version https://git-lfs"), "fonts.css is not what was"),
        (lambda vendor: spoil_json(vendor / "manifest.json", "packages"), "of other versions"),
        (lambda vendor: spoil_json(vendor.parents[2] / "assets/package.json", "dependencies"), "of other versions"),
    ],
)
def test_assets_that_are_not_whole_are_not_packed(complete, spoil, reason):
    """Files that are gone, changed or of another version are as good as none."""
    spoil(complete / VENDOR)
    done = hatch(complete, "wheel", **NO_NPM)

    assert done.returncode == 1
    assert reason in done.stderr
    assert "npm and Node 20 or newer are not here" in done.stderr


def test_an_editable_install_needs_no_npm(checkout):
    """``pip install -e .``, which ``make`` calls before it fetches, compiles the catalogues and asks no npm."""
    done = hatch(checkout, "wheel:editable", **NO_NPM)

    assert done.returncode == 0, done.stderr
    assert (checkout / "kg/locale/fr/LC_MESSAGES/kg.mo").is_file()


def can_reach_packages(cwd: Path) -> bool:
    """Whether pip finds packages here."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cwd), "click"]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == 0


def test_a_new_project_builds_from_the_wheel_alone(tmp_path, root, require):
    """Installed from the wheel in an empty environment, kg init makes a project that builds and answers."""
    require(can_reach_packages(tmp_path), "wheel in an empty environment", "packages from PyPI by pip")
    run(*PIP_WHEEL, tmp_path, root, cwd=tmp_path, KG_WITHOUT_ASSETS="1")
    wheel = next(tmp_path.glob("social_response_kg-*.whl"))
    pins = re.findall(r"^[a-z][\w.-]*==[^\s\\]+", (root / "requirements.lock").read_text(), re.MULTILINE)
    (tmp_path / "pins.txt").write_text("\n".join(pins))
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--constraint", tmp_path / "pins.txt", wheel, cwd=tmp_path)
    kg = tmp_path / "empty" / "bin" / "kg"

    run(kg, "init", "new", cwd=tmp_path)
    run(kg, "--project", "new", "build", cwd=tmp_path)
    example = next((tmp_path / "new" / "queries" / "examples").glob("*.rq"))
    answer = run(kg, "--project", "new", "query", example, cwd=tmp_path)

    assert answer.startswith("initiative,public,quote")
    assert "La Corbeille" in answer


def test_a_project_reads_what_is_shared_from_the_wheel(checkout, tmp_path):
    """From a wheel kg init makes a project without copies, which checks, builds, and has nothing of Groupe SOS."""
    hatch(checkout, "wheel", KG_WITHOUT_ASSETS="1", **NO_NPM)
    names = contents(checkout)
    (wheel,) = (checkout / "dist").glob("*.whl")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target")
    run(*pip, tmp_path / "site", wheel, cwd=tmp_path)
    kg = partial(run, sys.executable, "-m", "kg", cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"))

    assert {name.rsplit("/")[-1] for name in names if "starter/ontology/" in name} == {
        *("social-response.ttl", "concepts.ttl", "alignments.ttl", "context.jsonld")
    }
    kg("init", "new")
    assert "no problem" in kg("--project", "new", "check")
    kg("--project", "new", "build")
    graph = (tmp_path / "new" / "dist" / "graph.nq").read_text(encoding="utf-8")
    assert "type-initiative/service" in graph
    assert "groupe-sos" not in graph
    assert not (tmp_path / "new" / "ontology").exists()
    assert str(tmp_path / "site") in run(sys.executable, "-c", "import kg; print(kg.__file__)", cwd=tmp_path,
                                         PYTHONPATH=str(tmp_path / "site"))  # fmt: skip
