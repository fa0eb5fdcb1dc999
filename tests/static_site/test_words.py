"""The search normalises words alike in Python and in the browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kg.pages.shared.text_analysis import mark_words, normalise_words, stem, tokenize

HERE = Path(__file__).parent
BROWSER = HERE.parents[1] / "kg" / "static_site" / "browser"
CASES = yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))
PROGRAM = """
import { readFileSync } from "node:fs";
import { forms, mark, stem } from "./words.js";
const texts = JSON.parse(readFileSync("texts.json", "utf-8"));
console.log(JSON.stringify(texts.map((text) => (
  { words: forms(text), stems: forms(text).map(stem), pieces: mark(text, () => true) }))));
"""


def expected(case, answer):
    """The parts of an answer that the case tells."""
    pieces = [f"{'*' * is_word}{text}" for text, is_word in answer["pieces"]]
    return {key: value for key, value in (answer | {"pieces": pieces, "text": case["text"]}).items() if key in case}


def in_python(text):
    words = normalise_words(text)
    return {"words": words, "stems": list(map(stem, words)), "pieces": mark_words(text, lambda _word: True)}


@pytest.fixture(scope="module")
def in_browser(tmp_path_factory, require):
    """What the script of the static site answers, by text."""
    require(bool(shutil.which("node")), "site: words", "Node 20 or newer")
    folder = tmp_path_factory.mktemp("words")
    texts = [case["text"] for case in CASES]
    shutil.copy(BROWSER / "words.js", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "program.js").write_text(PROGRAM)
    (folder / "texts.json").write_text(json.dumps(texts))
    done = subprocess.run(["node", "program.js"], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return dict(zip(texts, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"] or "nothing")
def test_the_service_normalises_words_as_the_cases_say(case):
    """The service's words, stems and marked pieces are those of the case, with places or without."""
    assert expected(case, in_python(case["text"])) == case
    assert [token.form for token in tokenize(case["text"])] == case["words"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"] or "nothing")
def test_the_browser_normalises_words_as_the_service_does(case, in_browser):
    """The script's words, stems and marked pieces are those of the case, and what the case leaves out is the same."""
    answer = in_browser[case["text"]]
    pieces = [list(piece) for piece in in_python(case["text"])["pieces"]]

    assert expected(case, answer) == case
    assert answer == in_python(case["text"]) | {"pieces": pieces}
