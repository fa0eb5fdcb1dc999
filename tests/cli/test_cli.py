"""The commands: their exit codes, messages and outputs."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import program
from kg.model.messages import translate


@pytest.fixture(scope="session")
def run():
    """Return a function that runs the program in this process and gives its result."""
    return lambda *words: CliRunner().invoke(program, [str(word) for word in words], prog_name="kg")


@pytest.fixture
def at(run, mini):
    """Return a function that runs the program on the small project."""
    return lambda *words: run("--project", mini.root, *words)


@pytest.fixture(scope="session")
def released(run, mini_factory, tmp_path_factory):
    """Return the small project with its release; no test may change it."""
    project = mini_factory(tmp_path_factory.mktemp("released") / "mini")
    assert run("--project", project.root, "build").exit_code == 0
    return project


@pytest.fixture
def at_release(run, released):
    """Return a function that runs the program on the small project with its release."""
    return lambda *words: run("--project", released.root, *words)


def spoil(project, old: str, new: str) -> None:
    """Change words in the first annotation file of a project."""
    path = min(project.data.glob("*/annotations.yaml"))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_check_of_a_good_project(at):
    """A project without problems ends with 0 and its figures."""
    result = at("check")

    assert result.exit_code == 0
    assert result.output.endswith("no problem.\n")


def test_check_lists_problems_and_ends_with_1(at, mini):
    """Problems are told with file, line and column, and the exit code is 1."""
    spoil(mini, "property: mentionedAs", "property: mentionnedAs")
    result = at("check")

    assert result.exit_code == 1
    assert "annotations.yaml:" in result.output
    assert "Did you mean 'mentionedAs'?" in result.output
    assert "1 problem; nothing was written." in result.output


def test_check_as_json(at, mini):
    """With --json the problems are a list of objects."""
    spoil(mini, "property: mentionedAs", "property: mentionnedAs")
    result = at("check", "--json")
    problems = json.loads(result.stdout)

    assert result.exit_code == 1
    assert [problem["code"] for problem in problems] == ["property"]
    assert problems[0]["line"] > 0


def test_the_report_of_check_is_written_outside_the_release(at, mini, tmp_path):
    """With --report the problems are written to a file outside the release."""
    spoil(mini, "property: mentionedAs", "property: mentionnedAs")
    at("check", "--report", tmp_path / "problems.json")

    assert json.loads((tmp_path / "problems.json").read_text())[0]["code"] == "property"


def test_hints_are_told_on_demand_only(at):
    """With --hints what is worth a second look is told with its place; it changes no exit code and no report."""
    plain, asked, listed = at("check"), at("check", "--hints"), at("check", "--hints", "--json")
    build = at("build", "--language", "en")

    assert [result.exit_code for result in (plain, asked, listed)] == [0, 0, 0]
    assert "Hint · " not in plain.output
    assert re.search(r"annotations\.yaml:\d+:\d+: Hint · assertion/", asked.output)
    assert asked.output.endswith(plain.output)
    assert {row["severity"] for row in json.loads(listed.stdout)} == {"hint"}
    assert "Hint · " not in build.output


def test_coverage_prints_each_sentence(at):
    """The coverage shows each sentence with its number of facts, uncovered words, and the longest quotes."""
    result = at("check", "--coverage")

    assert result.exit_code == 0
    assert " facts  " in result.output
    assert "Longest quotes:" in result.output


def test_outside_a_project_the_message_says_how_to_get_one(run, tmp_path):
    """Outside a project the message says how to get one, and the exit code is 2."""
    result = run("--project", tmp_path, "check")

    assert result.exit_code == 2
    assert "kg init DIR" in result.output


def test_query_before_any_build(at):
    """Without a release the message says what to run."""
    result = at("query", __file__)

    assert result.exit_code == 2
    assert "Run 'kg build' first" in result.output


def test_build_query_diff(at, mini, tmp_path):
    """A build can be queried, kept, and compared with the next one."""
    assert at("build", "--release").exit_code == 0
    ask = tmp_path / "ask.rq"
    ask.write_text("SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/social-response/ontology#Initiative> }")
    answer = at("query", ask)
    assert answer.output.splitlines()[0] == "n"
    assert int(answer.output.splitlines()[1]) > 0
    assert at("diff", "0.1.0", "dist").exit_code == 0
    spoil(mini, "label: {fr: ", "label: {fr: Nouveau ")
    again = at("build")
    assert again.exit_code == 0, again.output
    changed = at("diff", "0.1.0", "dist", "--patch", tmp_path / "change.rdfp")

    assert changed.exit_code == 1
    assert "“Nouveau " in changed.output
    assert (tmp_path / "change.rdfp").read_text().startswith("TX .\n")


def test_a_version_is_kept_once(at, mini):
    """Other content under a version that is kept is refused before anything is written."""
    assert at("build", "--release").exit_code == 0
    before = (mini.dist / "SHA256SUMS").read_bytes()
    spoil(mini, "label: {fr: ", "label: {fr: Nouveau ")
    refused = at("build", "--release")

    assert refused.exit_code == 2
    assert "Raise 'version' in kg.toml" in refused.output
    assert (mini.dist / "SHA256SUMS").read_bytes() == before


def test_a_build_that_fails_leaves_the_release(at, mini):
    """Wrong input leaves the last good release as it was."""
    assert at("build").exit_code == 0
    before = (mini.dist / "SHA256SUMS").read_bytes()
    spoil(mini, "property: mentionedAs", "property: mentionnedAs")

    assert at("build").exit_code == 1
    assert (mini.dist / "SHA256SUMS").read_bytes() == before


@pytest.mark.parametrize(
    ("form", "start"), [("json", "{"), ("csv", "s,"), ("tsv", "?s"), ("xml", "<?xml"), ("table", " ")]
)
def test_rows_come_in_each_format_of_the_option(at_release, tmp_path, form, start):
    """Rows come in each format that the option names."""
    ask = tmp_path / "ask.rq"
    ask.write_text("SELECT ?s ?l WHERE { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?l } LIMIT 2")
    result = at_release("query", ask, "--format", form)

    assert result.exit_code == 0
    assert result.output.startswith(start)


@pytest.mark.parametrize(
    ("form", "part"), [("turtle", " a "), ("ntriples", "> <"), ("jsonld", "@id"), ("rdfxml", "<rdf:")]
)
def test_query_graph_formats(at_release, tmp_path, form, part):
    """Triples come in each format that the option names."""
    ask = tmp_path / "ask.rq"
    ask.write_text("CONSTRUCT { ?s a ?c } WHERE { ?s a ?c } LIMIT 2")
    result = at_release("query", ask, "--format", form)

    assert result.exit_code == 0
    assert part in result.output


def test_query_that_is_wrong(at_release, tmp_path):
    """A query that is no SPARQL gets a message, not a traceback."""
    ask = tmp_path / "ask.rq"
    ask.write_text("SELECT ?s WHERE { ?s ?p }")
    result = at_release("query", ask)

    assert result.exit_code == 2
    assert "not valid SPARQL" in result.output


@pytest.mark.parametrize(
    ("query", "steps"),
    [
        ("SELECT ?s WHERE { ?s a ?c } LIMIT 2", ["Slice(start = 0, length = 2)", "Project(?s)", "QuadPattern(?s <"]),
        ("ASK { ?s a ?c }", ["QuadPattern(?s <"]),
        ("CONSTRUCT { ?s a ?c } WHERE { ?s a ?c }", ["QuadPattern(?s <"]),
    ],
)
def test_explain_tells_the_steps_of_the_engine(at_release, tmp_path, require, query, steps):
    """With --explain the steps of the engine are told, each on a line with its results and seconds."""
    require(shutil.which("oxigraph", path=Path(sys.executable).parent), "kg query --explain", "oxigraph")
    ask = tmp_path / "ask.rq"
    ask.write_text(query)
    result = at_release("query", ask, "--explain")

    assert result.exit_code == 0
    head, *lines = result.output.splitlines()
    assert head.split() == ["results", "seconds", "step"]
    found = [re.fullmatch(r" *([\d,]+) +(\d+\.\d{6})  ( *)(\S.*)", line) for line in lines]
    assert [len(match[3]) for match in found] == [2 * depth for depth in range(len(lines))]
    for step in steps:
        assert any(match[4].startswith(step) for match in found)


def test_query_explain_that_cannot_be(at_release, tmp_path, monkeypatch):
    """Without Oxigraph, for another endpoint and for a wrong query a message says why there is no explanation."""
    ask, wrong = tmp_path / "ask.rq", tmp_path / "wrong.rq"
    ask.write_text("ASK {}")
    wrong.write_text("SELECT {")
    elsewhere = at_release("query", ask, "--explain", "--endpoint", "http://127.0.0.1:1/")
    malformed = at_release("query", wrong, "--explain")
    monkeypatch.setattr("kg.cli.explain.PROGRAM", "no-such-program")
    missing = at_release("query", ask, "--explain")

    assert (elsewhere.exit_code, malformed.exit_code, missing.exit_code) == (2, 2, 2)
    assert "not into that of --endpoint" in elsewhere.output
    assert "not valid SPARQL" in malformed.output
    assert "pip install oxigraph" in missing.output


def test_query_from_standard_input(released):
    """A dash reads the query from standard input."""
    command = [sys.executable, "-m", "kg", "--project", str(released.root), "query", "-", "--format", "csv"]
    done = subprocess.run(command, input="ASK { ?s ?p ?o }", capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "true")


def test_find_gives_the_nearest_passage_as_a_fact(at, mini):
    """A few words give the nearest passage as a fact that can be pasted."""
    text = min(mini.data.glob("*/text.txt")).read_text(encoding="utf-8")
    words = text.split("\n")[1][:40]
    result = at("find", words.replace("’", "'").lower())

    assert result.exit_code == 0
    assert "quote: " in result.output


def test_find_ends_with_1_where_nothing_is_near(at):
    """Words that are nowhere near the text end with exit code 1."""
    assert at("find", "zzzz qqqq xxxx").exit_code == 1


def test_watch_checks_again(mini):
    """The watch checks at each change of a file and ends quietly when it is stopped."""
    command = [sys.executable, "-m", "kg", "--project", str(mini.root), "check", "--watch"]
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests begun in the background are deaf to it
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    signal.signal(signal.SIGINT, heard)
    try:
        lines = []
        while not lines or "Watching" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        spoil(mini, "property: mentionedAs", "property: mentionnedAs")
        while not select.select([process.stdout], [], [], 0.5)[0]:  # the watcher may have begun after the change
            assert process.poll() is None
            min(mini.data.glob("*/annotations.yaml")).touch()
        again = process.stdout.readline() + process.stdout.readline()
        assert "mentionnedAs" in again
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait(20)


def test_init_refuses_a_folder_with_files(run, tmp_path):
    """A folder that holds something is left as it is."""
    (tmp_path / "mine").write_text("mine")
    result = run("init", tmp_path)

    assert result.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_init_builds_and_answers(run, tmp_path):
    """A new project builds at once, with a warning about its base, and its example query answers."""
    assert run("init", tmp_path / "new").exit_code == 0
    built = run("--project", tmp_path / "new", "build")
    assert built.exit_code == 0, built.output
    assert "https://example.org/" in built.output
    example = next((tmp_path / "new" / "queries" / "examples").glob("*.rq"))

    assert "La Corbeille" in run("--project", tmp_path / "new", "query", example).output


def test_rename_changes_all_files(at, mini):
    """A renamed thing keeps its facts, and its old id, which a kept release has, is listed as withdrawn."""
    assert at("build", "--release").exit_code == 0
    text = min(mini.data.glob("*/annotations.yaml")).read_text(encoding="utf-8")
    old = next(line.split("id: ")[1] for line in text.splitlines() if line.startswith("- id: initiative/"))
    result = at("rename", old, "initiative/un-nouveau-nom")

    assert result.exit_code == 0, result.output
    assert f"id: {old}" in mini.withdrawn.read_text(encoding="utf-8")
    assert at("check").exit_code == 0


def test_the_next_release_names_the_one_before(at, mini):
    """The catalogue of a release links to the version kept before it and has the date of the first."""
    assert at("build", "--release").exit_code == 0
    settings = mini.root / "kg.toml"
    settings.write_text(settings.read_text().replace('version = "0.1.0"', 'version = "0.10.0"'))
    assert at("build", "--release").exit_code == 0
    settings.write_text(settings.read_text().replace('version = "0.10.0"', 'version = "0.11.0"'))
    assert at("build").exit_code == 0
    catalogue = (mini.dist / "catalog.ttl").read_text(encoding="utf-8")

    assert "0.10.0" in catalogue
    assert "previousVersion" in catalogue


def test_the_next_release_tells_what_changed(at, mini):
    """A release after another tells what changed, in words of both languages and as a patch; the first does not."""
    assert at("build", "--release").exit_code == 0
    assert not list(mini.dist.glob("changes.*"))
    settings = mini.root / "kg.toml"
    settings.write_text(settings.read_text().replace('version = "0.1.0"', 'version = "0.2.0"'))
    spoil(mini, "label: {fr: ", "label: {fr: Nouveau ")
    assert at("build", "--release").exit_code == 0
    kept = mini.releases / "0.2.0"
    told = json.loads((kept / "changes.json").read_text(encoding="utf-8"))
    first = told["words"][0]
    gone, come = (
        {line[2:] for line in (kept / "changes.rdfp").read_text(encoding="utf-8").splitlines() if line[:2] == mark}
        for mark in ("D ", "A ")
    )
    old, new = (
        set((mini.releases / version / "graph.nq").read_text(encoding="utf-8").splitlines())
        for version in ("0.1.0", "0.2.0")
    )

    assert (told["old"], told["new"]) == ("0.1.0", "0.2.0")
    assert first["id"].startswith("https://example.org/mini/id/")
    assert "Nouveau" in first["fr"]
    assert first["en"]
    assert (gone, come) == (old - new, new - old)
    assert {f"{name}\n" in (kept / "SHA256SUMS").read_text() for name in ("changes.json", "changes.rdfp")} == {True}
    assert "changes.rdfp" in (kept / "catalog.ttl").read_text(encoding="utf-8")


FRENCH = re.compile("[àâçéèêëîïôùûœÀÂÇÉÈÊÎÔŒ]|«")
ENGLISH = re.compile(
    r"\b(the|is|was|this|there|with|words?|nothing|written|problems?|things?|of|wrote|changed)\b", re.IGNORECASE
)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "fr_CA@euro"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "fr"),
        ({"LC_MESSAGES": "fr_FR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, "fr"),
        ({"LANG": "en_GB.UTF-8", "KG_LANGUAGE": "fr"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "KG_LANGUAGE": "xx"}, "fr"),
        ({"LANG": "freedonian"}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(environment, language, tmp_path, monkeypatch):
    """Words are in the language of KG_LANGUAGE, else of the locale as POSIX reads it, else in English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "KG_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(program, ["--project", str(tmp_path), "check"])

    assert ("il n’y a pas de projet ici" if language == "fr" else "there is no project here") in result.output


def test_a_language_asked_for_goes_before_the_locale(run, tmp_path, monkeypatch):
    """The option of a command goes before that of the program, and both before the locale; none is left behind."""
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    asked = run("--project", tmp_path, "check", "--language", "en")
    before = run("--language", "en", "--project", tmp_path, "check")
    both = run("--language", "fr", "--project", tmp_path, "check", "--language", "en")
    after = run("--project", tmp_path, "check")

    assert ["there is no project here" in result.output for result in (asked, before, both, after)] == [True] * 3 + [
        False
    ]
    assert "KG_LANGUAGE" not in os.environ


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "words",
    [
        ["check"],
        ["check", "--coverage"],
        ["check", "--hints"],
        ["check", "--schema"],
        ["rename", "public/habitants", "public/riverains"],
        ["build"],
        ["build", "--release"],
        ["diff", "1.0.0", "dist"],
        ["find", "zzzzzzzz"],
        ["find", "--document", "none", "words"],
        ["rename", "public/none", "public/other"],
        ["rename", "public/habitants", "truc/habitants"],
        ["query", "--on", "nowhere", os.devnull],
        ["serve", "none.nq"],
        ["serve", "--public-url", "nowhere"],
        ["push", "ftp://nowhere"],
        ["site", "site"],
        ["init", "."],
    ],
)
def test_a_command_speaks_one_language(at, language, words):
    """All that a command says, problems included, is in one language: nothing of the texts is asked here."""
    output = at(*words, "--language", language).output
    said = re.sub(r"“[^”]*”|«[^»]*»|'[^']*'|\S*[/:=.]\S*|⟦\S*|<[^>]*>", "", "\n".join(_own_words(output)))

    assert said.strip(" \n") or words[0] == "find"
    assert not (FRENCH if language == "en" else ENGLISH).search(said), said


def _own_words(output: str) -> list[str]:
    """The lines of an output that show no words of a text."""
    return [line for line in output.splitlines() if not re.match(r" +\d+ ", line) and "⟦" not in line]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_problems_are_in_one_language(at, mini, language):
    """Problems of annotations are worded in the language asked for, in text and as JSON, with the same codes."""
    for old, new in (
        ("property: mentionedAs", "property: mentionnedAs"),
        ("modality: reported", "modality: said"),
        ("type: Initiative", "type: Initiativ"),
        ("quote: ", "quote: zzz "),
    ):
        spoil(mini, old, new)
    result = at("check", "--language", language)
    rows = json.loads(at("check", "--json", "--language", language).stdout)

    assert ("Est-ce « mentionedAs »" in result.output.replace("\u00a0", " ")) == (language == "fr")
    assert ("nothing was written." in result.output) == (language == "en")
    assert {"property", "modality", "type", "quote"} <= {row["code"] for row in rows}
    assert all(row["found"] in result.output for row in rows)


@pytest.mark.parametrize(
    ("words", "french"),
    [
        (["check", "--foo"], "Erreur : Il n’y a pas d’option « --foo »."),
        (["chek"], "Erreur : Il n’y a pas de commande « chek »."),
        (["find"], "Erreur : Il manque l’argument 'QUOTE'."),
        (["rename", "a", "b", "c"], "Erreur : Argument de trop (c)"),
        (["check", "--report"], "Erreur : L’option « --report » demande un argument."),
        (["serve", "--port", "99999999"], "99999999 n’est pas entre les bornes"),
        (["diff", "a", "b", "--language", "de"], "n’est aucun de 'fr', 'en'."),
    ],
)
def test_a_command_line_that_is_wrong_is_told_in_the_language(run, words, french, monkeypatch):
    """What the library of the commands says of a wrong command line is in the language of the terminal too."""
    english = run("--language", "en", *words).output
    said = run("--language", "fr", *words).output.replace("\u00a0", " ").replace("\u202f", " ")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")

    assert french in said
    assert "Error: " in english
    assert not FRENCH.search(english)
    assert french in run(*words).output.replace("\u00a0", " ").replace("\u202f", " ")
    assert "LANGUAGE" not in os.environ


def cells(text: str) -> list[str]:
    """The cells of a help, each a line of its own where the terminal is wide."""
    return [cell for line in text.splitlines() for cell in re.split(" {2,}", line.strip()) if cell]


@pytest.mark.parametrize("command", ["", *program.commands])
def test_the_help_of_a_command_is_in_one_language(command):
    """Each word of a help is translated; names of commands, options and their bounds alone stay."""
    words = [command, "--help"] if command else ["--help"]
    english, french = (
        cells(CliRunner().invoke(program, ["--language", language, *words], prog_name="kg", terminal_width=2000).stdout)
        for language in ("en", "fr")
    )
    pairs = list(zip(english, french, strict=True))
    same = {cell for cell, other in pairs if cell == other}
    of_click = ("Usage: ", "Options:", "Commands:", "[default: ")

    assert same
    assert {one for one in same if not re.fullmatch(r"-.+|\[[\d<=x]+\]|" + "|".join(program.commands), one)} == set()
    for cell, other in pairs:
        if cell not in same and not cell.startswith(of_click):
            assert other == translate(cell, "fr")
    assert not [cell for cell in french if cell.startswith(of_click)]
    assert {"Affiche cette aide, et c’est tout.", "Options\u00a0:"} <= set(french)
    assert {"Show this message and exit.", "Options:"} <= set(english)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LANG": "C"}, ["--language", "fr", "check", "--help"]),
        ({"LANG": "C"}, ["check", "--language", "fr", "--help"]),
        ({"LANG": "C"}, ["check", "--help", "--language", "fr"]),
        ({"LANG": "C"}, ["--help", "--language=fr"]),
        ({"LANG": "fr_FR.UTF-8"}, ["--help"]),
        ({"LANG": "en_GB.UTF-8", "KG_LANGUAGE": "fr"}, ["--help"]),
    ],
)
def test_help_is_in_the_language_asked_for(run, environment, words, monkeypatch):
    """An option, wherever it stands, the variable and the locale choose the language of the help."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "KG_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = run(*words).stdout
    english = run(*[word.replace("fr", "en") for word in words], "--language", "en").stdout

    assert said.startswith("Utilisation\u00a0: kg ")
    assert "Affiche cette aide, et c’est tout." in said
    assert english.startswith("Usage: kg ")
    assert "Show this message and exit." in english


def test_the_language_of_a_text_is_not_that_of_the_help(run):
    """``--language`` of ``kg add`` says in what language the text is."""
    assert run("--language", "en", "add", "--help", "--language", "fr").stdout.startswith("Usage: kg add")
