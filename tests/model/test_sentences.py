"""Where sentences end, case by case: ``sentences/`` has a file for each rule.

A case has the language of its texts, the abbreviations that the document adds, and texts in which ‖ stands where the
splitter is to end a sentence.
"""

import gc
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.model.sentences import abbreviations_of, sentence_around, split_sentences

CASES = sorted((Path(__file__).parent / "sentences").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_where_sentences_end(path):
    """The sentences of each text are those between its marks."""
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = abbreviations_of(case["language"], case.get("abbreviations", ()))
    for marked in case["texts"]:
        text = marked.replace("‖", "")
        found = [text[one.start : one.end] for one in split_sentences(text, known)]

        assert found == [piece.strip() for piece in marked.split("‖")]


@pytest.mark.parametrize(
    "piece", [".", " ", ". ", "x. ", "« ", ".»", "。", "。」", "！", "1. ", "A. ", "[1] ", ". —", "🎉 "]
)
def test_long_runs_are_split_in_linear_time(piece):
    """A text of many stops, spaces, marks or small words takes ten times as long where it is ten times as long."""

    def seconds(times: int) -> float:
        gc.disable()  # it would go through all that other tests have left
        try:
            begin = time.process_time()
            split_sentences("A" + piece * times + "b", abbreviations_of("fr"))
            return time.process_time() - begin
        finally:
            gc.enable()

    assert seconds(100_000) < 30 * max(min(seconds(10_000) for _ in range(3)), 0.002)


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from("aÉ. !?…»«\u00a0\u202f\n\r\t1’”)(\u2028。！？」؟।—[]🎉・ABc")) | st.text(),
    st.sampled_from(["fr", "de", "zh"]),
)
def test_splitting_loses_no_character(text, language):
    """Between sentences there is white space only; they follow each other, none is empty, and numbers count from 1."""
    found = split_sentences(text, abbreviations_of(language))
    ends = [0, *(one.end for one in found)]
    starts = [*(one.start for one in found), len(text)]

    assert not any(text[end:start].strip() for end, start in zip(ends, starts, strict=True))
    assert all(end <= start for end, start in zip(ends, starts, strict=True))
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert all(text[one.start : one.end].strip() == text[one.start : one.end] != "" for one in found)
    for one in found:
        assert sentence_around(text, one.start, one.end, abbreviations_of(language)) == (one.start, one.end)


@pytest.mark.skipif(not shutil.which("perl"), reason="needs perl, whose tables of Unicode are compared with")
def test_the_marks_are_those_of_unicode():
    """Every mark that Unicode calls STerm ends a sentence, whatever stands after it."""
    program = r'for (0x80..0x1ffff) { printf "%x\n", $_ if chr =~ /\p{SB=STerm}/ }'
    signs = subprocess.run(["perl", "-e", program], capture_output=True, text=True, check=True).stdout.split()

    assert len(signs) > 100
    assert [len(split_sentences(f"一{chr(int(sign, 16))}二")) for sign in signs] == [2] * len(signs)
