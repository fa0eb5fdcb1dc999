"""What is made before the package is built or installed: compiled catalogues, and the files that pages take from npm.

`python hatch_build.py` compiles the catalogues; `python hatch_build.py assets` fetches from npm what is not there.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WITHOUT = "KG_WITHOUT_ASSETS"
"""The variable that asks for a package without what npm gives."""

_INSTALL = (
    "ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error --prefer-offline --fetch-retries=1 "
    "--fetch-timeout=30000"
)
_LACKING = "the pages keep to the system's typefaces, and /sparql shows its plain form"


class PackageHook(BuildHookInterface):
    """Makes what git does not have before hatchling collects the files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's names
        """Compile every catalogue, and fetch the assets, which an editable install may lack.

        Errors: RuntimeError where a wheel or an sdist would lack them.
        """
        root = Path(self.root)
        compile_catalogues(root)
        if version == "editable":
            return
        if os.environ.get(WITHOUT):
            self.app.display_warning(f"{WITHOUT} is set, so this package lacks what npm gives: {_LACKING}.")
            return
        lacking = lacking_assets(root)
        reason = fetch_assets(root) if lacking else ""
        if reason:
            raise RuntimeError(
                f"The package would lack typefaces, SPARQL editor and WebAssembly: {reason}, and {lacking}. Install "
                "Node 20 or newer with npm, see that 'npm ping' answers, and build again; or set "
                f"{WITHOUT}=1 for a package without them ({_LACKING})."
            )


def compile_catalogues(root: Path) -> None:
    """Write a ``.mo`` beside each ``.po`` under ``kg/locale``."""
    for source in sorted(root.glob("kg/locale/*/LC_MESSAGES/kg.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
        compiled = source.with_suffix(".mo")
        partial = compiled.with_suffix(".mo.partial")
        with partial.open("wb") as file:
            write_mo(file, catalogue)
        partial.replace(compiled)


def lacking_assets(root: Path) -> str:
    """Return what is not as the manifest of ``kg/pages/vendor`` says, or empty words.

    The versions must be those of ``assets/package.json`` where it is there: an image and an sdist may do without it.
    """
    vendor, wanted = root / "kg/pages/vendor", root / "assets/package.json"
    try:
        manifest = json.loads((vendor / "manifest.json").read_bytes())
        changed = [
            name
            for name, digest in manifest["files"].items()
            if hashlib.sha256((vendor / name).read_bytes()).hexdigest() != digest
        ]
        versions = json.loads(wanted.read_bytes())["dependencies"] if wanted.is_file() else manifest["packages"]
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        return f"kg/pages/vendor is not whole ({error})"
    if changed:
        return f"kg/pages/vendor/{changed[0]} is not what was fetched"
    return "" if versions == manifest["packages"] else "kg/pages/vendor is of other versions than assets/package.json"


def fetch_assets(root: Path) -> str:
    """Fetch from npm and copy to ``kg/pages/vendor``; return why it could not be, or empty words."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return "npm and Node 20 or newer are not here"
    if not (root / "assets/copy.mjs").is_file():
        return "assets/copy.mjs is not here"
    for command, failed in (
        ([npm, *_INSTALL.split()], "npm's registry does not answer"),
        ([node, "copy.mjs"], "the packages could not be copied"),
    ):
        done = subprocess.run(command, cwd=root / "assets", capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            return f"{failed} ({said[-1] if command[0] == node and said else said[0] if said else done.returncode})"
    return lacking_assets(root)


if __name__ == "__main__":
    if sys.argv[1:] == ["assets"]:
        why = fetch_assets(ROOT)
        print(f"assets: {why}: {_LACKING}." if why else "assets: fetched.")  # noqa: T201  for whoever runs make
    else:
        compile_catalogues(ROOT)
