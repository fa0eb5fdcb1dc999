"""Questions asked of the text before any query, with answers read from it by hand: the graph gives them all."""

import re
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parent / "questions"
CASES = sorted(FOLDER.glob("*.rq"))
START = "https://w3id.org/social-response/id/"


def header(path: Path) -> dict:
    """Return the question of a case, the sentences that answer it, and the answer."""
    lines = [line[2:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#+")]
    return yaml.safe_load("\n".join(line.removeprefix(" ") for line in lines))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_graph_gives_the_answer_read_from_the_text(path, store):
    """The query of a question gives the answer that was read from the text by hand, and nothing else."""
    rows = [row[0].value.removeprefix(START) for row in store.query(path.read_text(encoding="utf-8"))]

    assert sorted(rows) == sorted(map(str, header(path)["answer"]))


def test_there_are_twenty_five_questions_with_sentences(built):
    """There are 25 questions, in English, each with an answer and with sentences that the text has."""
    numbers = {sentence.number for document in built.documents for sentence in document.sentences}
    asked = [header(path) for path in CASES]

    assert len(asked) == 25
    assert all(re.fullmatch(r"[A-Z].*\?", case["question"]) and case["answer"] for case in asked)
    assert all(set(case["sentences"]) <= numbers for case in asked)
