"""Compile the catalogues of messages: when the package is built or installed, or as `python hatch_build.py`."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


class CatalogueHook(BuildHookInterface):
    """Compiles the catalogues before hatchling collects the files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's names
        """Compile every catalogue of the source."""
        compile_catalogues(Path(self.root))


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


if __name__ == "__main__":
    compile_catalogues(ROOT)
