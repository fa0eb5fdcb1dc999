"""The wheel holds what a new project needs, and names every library that it runs on."""

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from kg.pages.shared.served_files import has_asset


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def can_reach_packages(cwd: Path) -> bool:
    """Whether pip finds packages here."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(cwd), "click"]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == 0


def test_a_new_project_builds_from_the_wheel_alone(tmp_path, root, require):
    """Installed from the wheel in an empty environment, kg init makes a project that builds and answers."""
    require(can_reach_packages(tmp_path), "wheel in an empty environment", "packages from PyPI by pip")
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path, root)
    run(*build, cwd=tmp_path)
    wheel = next(tmp_path.glob("social_response_kg-*.whl"))
    assert ("kg/pages/vendor/manifest.json" in zipfile.ZipFile(wheel).namelist()) == has_asset("vendor/manifest.json")
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
