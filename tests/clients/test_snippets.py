"""The snippets of docs/clients.md print what the page shows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Literal, RdfFormat, parse

from kg.endpoint.evaluation import GRAPH_TYPES, RESULT_TYPES
from kg.endpoint.protocol import FORMATS
from kg.model.settings import SETTINGS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000/"
WIKIDATA = "https://query.wikidata.org/sparql"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"^```(bash|python|javascript|r)\n(.*?)^```\n\n```text\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
SNIPPETS = [
    pytest.param(language, code, shown, id=f"{section.partition(chr(10))[0]}-{number}")
    for section in PAGE.split("\n## ")[1:]
    for number, (language, code, shown) in enumerate(SNIPPET.findall(section), 1)
]
TOOLS = {
    "bash": ["bash", "-eu", "-o", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "--eval"],
    "r": ["Rscript", "-e"],
}


def has_r():
    """Whether R and the packages of the snippet are there."""
    if shutil.which("Rscript") is None:
        return False
    done = subprocess.run(["Rscript", "-e", "library(httr2); library(readr)"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize(("language", "code", "shown"), SNIPPETS)
def test_each_snippet_prints_what_the_page_shows(language, code, shown, served, tmp_path, request):
    """A snippet of the page, run as it stands with another address, prints what the page shows and nothing else."""
    if language == "r" and not has_r():
        assert "only where `Rscript` and the two packages are installed" in " ".join(PAGE.split())
        return
    folder = tmp_path
    if language == "bash":
        request.getfixturevalue("curl")
    if language == "javascript":
        folder = request.getfixturevalue("comunica")
    if WIKIDATA in code:
        code = code.replace(WIKIDATA, request.getfixturevalue("wikidata"))
    assert ADDRESS in code
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    command = [*TOOLS[language], code.replace(ADDRESS, served)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    assert (done.stderr, done.returncode) == ("", 0)
    assert [line.rstrip() for line in done.stdout.splitlines()] == shown.splitlines()


def test_each_client_has_a_snippet():
    """The page has the clients that it promises, each snippet with its output and in ten lines at most."""
    names = [param.id for param in SNIPPETS]
    blocks = [(language, code) for language, code in BLOCK.findall(PAGE) if language != "text"]

    assert {name.rpartition("-")[0] for name in names} == {"curl", "SPARQLWrapper", "rdflib", "pandas", "Comunica", "R"}
    assert len(blocks) == len(SNIPPETS)
    assert [code for _, code in blocks if len(code.splitlines()) > 10] == []


def test_media_types_of_the_page():
    """The page's table has each media type of the service and no other, the one preferred first, with its format."""
    rows = re.findall(r"^\| `[A-Z]+`, `[A-Z]+` \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    for row, offered, kind in zip(rows, (RESULT_TYPES, GRAPH_TYPES), (0, 1), strict=True):
        types, formats = (re.findall(r"`(.*?)`", cell) for cell in row)

        assert types == list(offered)
        assert [FORMATS[name][kind] for name in formats] == types


def test_limits_of_the_page(curl, endpoint):
    """The limits that the page names are those of the settings, and the description of the service has them too."""
    settings = {setting.key: setting.default for setting in SETTINGS}
    limits = [settings["limits.seconds"], settings["limits.rows"], settings["limits.bytes"]]
    paragraph = re.search(r"\*\*Limits\.\*\*(.*?)\n\n", PAGE, re.DOTALL)[1]
    description = parse(curl("-H", "Accept: text/turtle", endpoint)[1], RdfFormat.TURTLE)
    published = {quad.object.value for quad in description if isinstance(quad.object, Literal)}

    assert [limit for limit in limits if f"{limit:,}" not in paragraph] == []
    assert [limit for limit in limits if str(limit) not in published] == []
