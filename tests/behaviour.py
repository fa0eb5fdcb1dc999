"""Prove that a restructuring changes no behaviour: record, record again, compare.

    python tests/behaviour.py record BEFORE.json --checkout DIR
    python tests/behaviour.py record AFTER.json
    python tests/behaviour.py compare BEFORE.json AFTER.json

The program is known from outside only, by the command ``kg`` of the checkout and by HTTP, since modules are what a
restructuring changes. A record has three sections: ``files`` that commands wrote, ``commands`` and ``requests``. Each
is a table of fields by label; a long text is a field by its SHA-256, and stands in ``OUT.texts.json.gz`` beside it.

What two records of one commit differ in is left out, and only that: ``NORMALS`` lists it with the reasons.
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import hashlib
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from behaviour_requests import (
    ASK,
    BROKEN,
    CONSTRUCT,
    HTML,
    NO_ANSWER,
    OF_GRAPH,
    OF_MINI,
    OF_SEED,
    SELECT,
    Ask,
    Service,
    brief,
    know,
)

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 500_000
"""Most bytes of a text that is kept beside its digest."""

SECONDS = 300
"""Longest time that a command may take."""

LATE = -1_000
"""Stands for the exit code of a command that did not end in time."""

UNANSWERED = 10
"""Most requests that may have no answer before a service is taken to be lost."""

DIFF_LINES = 20
"""Most lines that are shown of one difference."""

SHOWN = 40
"""Most ways of differing that are shown, those met most often first."""

SECTIONS = ("files", "commands", "requests")
PROJECT = ("kg.toml", "data", "ontology", "shapes", "queries")
"""What a project consists of, by the layout that the README tells."""

SHARED = ("ontology", "shapes", "queries/rules", "queries/checks")
"""What the small project of a checkout needs in which projects had copies."""

Fields = dict[str, str]


@dataclass(frozen=True)
class Normal:
    """Something that two records of one commit differ in, and why.

    ``where`` is searched in ``section | label | field``; in the value of that field ``pattern`` becomes ``instead``.
    """

    where: str
    pattern: str
    instead: str | Callable[[re.Match[str]], str]
    why: str


def in_order(apart: str) -> Callable[[re.Match[str]], str]:
    """Return what sorts the parts of a match."""
    return lambda found: apart.join(sorted(found[0].split(apart)))


NORMALS = (
    Normal("^requests .* header (last-modified|expires)$", ".+", "TIME", "files are dated when written and when sent"),
    Normal(
        "^requests .* header etag$",
        r"\d+\.\d+-\d+-\d+",
        "FILE",
        "Flask names a static file by the time at which it was written and its whole path",
    ),
    Normal(
        "",
        r"\b(GET|HEAD|OPTIONS|POST)(, (GET|HEAD|OPTIONS|POST))+",
        in_order(", "),
        "Werkzeug lists the methods of a route in the order of a set of strings, another in each process",
    ),
    Normal(
        r"^requests \| \w+ (GET|HEAD) /metrics .* header content-length$",
        ".+",
        "ANY",
        "what is counted and timed is never the same",
    ),
    Normal(r"^requests \| \w+ GET /metrics .* body$", "(?m)^[^#].*\n", "", "the same; the names of figures stay"),
    Normal("^requests .* body$", r"_:[0-9a-f]{20,32}\b", "_:b", "the engine makes up names of blank nodes"),
    Normal(
        r"^requests .*(%5B%5D|\[\]).* header (etag|content-length)$",
        ".+",
        "ANY",
        "the same: such a name has at most 32 digits, and the tag of a page is that of its bytes",
    ),
    Normal("^commands .* --explain .* stdout$", r" +\d\.\d{6} ", " TIME ", "each step of a query is timed"),
    Normal("^commands .* --explain .* stdout$", r"\?[0-9a-f]{20,32}\b", "?x", "the engine makes up names of variables"),
    Normal("^commands .* access log$", '"(time|seconds)":[^,}]+', r'"\1":0', "a log tells when, and how long it took"),
    Normal("^commands .* access log$", '"lane":"[a-z]*"', '"lane":""', "the lane depends on how long a query takes"),
    Normal(
        "^commands .* access log$",
        '(?m)^.*"path":"/health".*\n',
        "",
        "both the program and this one ask for /health until there is an answer",
    ),
    Normal(
        "^commands .* access log$",
        "(?s).+",
        in_order("\n"),
        "a request is noted when all of it is sent, which may be after the next has come",
    ),
    Normal("^commands ", r"127\.0\.0\.1:\d+", "HOST", "each service and each store has a port of its own"),
    Normal("^commands ", r"urn(:|%3A)uuid(:|%3A)[0-9a-f-]{36}", "UUID", "'kg push' asks for a graph of a random name"),
)
"""Every normalisation but one: the folders of a record and of the checkout are written as WORK and CHECKOUT."""


class Record:
    """What has been seen: fields by section and label, and texts."""

    def __init__(self, places: Mapping[Path, str]) -> None:
        self.sections: dict[str, dict[str, Fields]] = {name: {} for name in SECTIONS}
        self.texts: dict[str, str] = {}
        self._places = sorted(((str(path), name) for path, name in places.items()), key=lambda each: -len(each[0]))

    def placed(self, text: str) -> str:
        """Return the text without the folders of this record."""
        for path, name in self._places:
            text = text.replace(path, name)
        return text

    def add(self, section: str, label: str, **fields: str | bytes) -> None:
        """Note fields; those that are bytes by their digests."""
        if label in self.sections[section]:
            raise ValueError(f"{section}: {label} is recorded twice")
        self.sections[section][label] = {
            name: self._digest(f"{section} | {label} | {name}", value)
            if isinstance(value, bytes)
            else normal(f"{section} | {label} | {name}", value)
            for name, value in ((name.replace("_", " "), value) for name, value in fields.items())
        }

    def _digest(self, place: str, body: bytes) -> str:
        """Return the digest of bytes, normalised where they are text."""
        try:
            text: str | None = normal(place, self.placed(body.decode()))
        except UnicodeDecodeError:
            text = None
        data = body if text is None else text.encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if text is not None and len(data) <= LONGEST:
            self.texts[digest] = text
        return digest

    def write(self, path: Path) -> None:
        """Write the record, and its texts beside it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.sections, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
        data = json.dumps(self.texts, ensure_ascii=False, sort_keys=True).encode()
        texts_of(path).write_bytes(gzip.compress(data, 4, mtime=0))


def texts_of(path: Path) -> Path:
    """Return where the texts of a record are."""
    return path.with_name(f"{path.stem}.texts.json.gz")


def normal(place: str, value: str) -> str:
    """Return a value without what differs from one record to the next."""
    for each in NORMALS:
        if re.search(each.where, place):
            value = re.sub(each.pattern, each.instead, value)
    return value


# Commands.


class Commands:
    """Runs the program of a checkout, and records what it says."""

    def __init__(self, checkout: Path, work: Path, record: Record) -> None:
        self.program, self.work, self.record = checkout / ".venv/bin/kg", work, record
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(work),
            "TMPDIR": str(work / "tmp"),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "TERM": "dumb",
        }
        (work / "tmp").mkdir()

    def run(self, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
        """Run a command and record its exit code and what it writes."""
        return self._note(arguments, stdin, self._ran(arguments, stdin))

    def must(self, *arguments: str | Path) -> None:
        """Run and record a command without which nothing else can be recorded."""
        done = self.run(*arguments)
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, done.args))} ended with {done.returncode}:\n{done.stderr.decode()}")

    def run_all(self, commands: Iterable[tuple[Sequence[str | Path], str]]) -> None:
        """Run commands that do not depend on each other."""
        every = list(commands)
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda each: self._ran(*each), every))
        for (arguments, stdin), each in zip(every, done, strict=True):
            self._note(arguments, stdin, each)

    def _ran(self, arguments: Sequence[str | Path], stdin: str) -> subprocess.CompletedProcess[bytes]:
        command = [str(self.program), *map(str, arguments)]
        try:
            return subprocess.run(
                command,
                input=stdin.encode(),
                capture_output=True,
                env=self.environment,
                cwd=self.work,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(command, LATE, error.stdout or b"", error.stderr or b"")

    def _note(
        self, arguments: Sequence[str | Path], stdin: str, done: subprocess.CompletedProcess[bytes]
    ) -> subprocess.CompletedProcess[bytes]:
        label = self.record.placed(" ".join(["kg", *map(str, arguments)]))
        label = re.sub(r"127\.0\.0\.1:\d+|(?<=--port )\d{4,5}\b", "HOST", label)
        label += f" <<< {brief(stdin)}" if stdin else ""
        while label in self.record.sections["commands"]:
            label += " (again)"
        code = "not ended in time" if done.returncode == LATE else str(done.returncode)
        self.record.add("commands", label, code=code, stdout=done.stdout, stderr=done.stderr)
        return done

    def note_files(self, folder: Path) -> None:
        """Record each file in a folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.record.add("files", self.record.placed(str(path)), body=path.read_bytes())


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replace the first occurrence of each text in a file."""
    text = path.read_text("utf-8")
    for old, new in changes:
        if old not in text:
            raise ValueError(f"{path}: there is no {old!r}")
        text = text.replace(old, new, 1)
    path.write_text(text, "utf-8")


ANNOTATIONS = "data/atelier-du-canal/annotations.yaml"
"""The file of the small project that is changed."""

NEXT = (
    ("the Vélothèque bicycle library", "the Vélothèque lending library"),
    ("modality: reported\n  - property: usesApproach\n", "modality: inferred\n  - property: usesApproach\n"),
)
"""What its second release says otherwise, besides an id that is renamed."""

WRONG: Mapping[str, Callable[[Path], object]] = {
    "misquoted": lambda at: edit(at / ANNOTATIONS, ("quote: la Vélothèque", "quote: la Vellothèque")),
    "unreadable": lambda at: edit(at / ANNOTATIONS, ("  facts:\n", "  facts: [\n")),
    "mistyped": lambda at: edit(
        at / ANNOTATIONS, ("property: operatedBy", "property: operatedby"), ("type: Initiative", "type: Initiatve")
    ),
    "textless": lambda at: (at / "data/atelier-du-canal/text.txt").unlink(),
    "untold": lambda at: (at / "kg.toml").unlink(),
    "missettled": lambda at: edit(at / "kg.toml", ("version =", "vresion ="), ("https://example.org/mini/", "mini")),
    "clashing": lambda at: edit(at / ANNOTATIONS, ("lending library", "library that lends")),
}
"""Projects that are wrong, each by the change that makes it so from the small one."""


def prepare(checkout: Path, work: Path) -> None:
    """Copy the projects that commands need."""
    for name in PROJECT:
        copy = shutil.copytree if (checkout / name).is_dir() else shutil.copy
        (work / "seed").mkdir(exist_ok=True)
        copy(checkout / name, work / "seed" / name)
    shutil.copytree(checkout / "tests/mini", work / "mini")
    for name in () if (checkout / "kg/model/shared_files.py").exists() else SHARED:
        shutil.copytree(checkout / name, work / "mini" / name)
    (work / "select.rq").write_text(SELECT, "utf-8")
    (work / "construct.rq").write_text(CONSTRUCT, "utf-8")
    (work / "broken.rq").write_text(BROKEN, "utf-8")


def build(commands: Commands, checkout: Path) -> None:
    """Build the seed, the small project twice, and a new project."""
    work = commands.work
    seed, mini = work / "seed", work / "mini"
    commands.must("--project", checkout, "build", "--output", seed / "dist")
    commands.note_files(seed / "dist")
    commands.must("--project", mini, "build", "--release", "--report", work / "report.json", "--language", "en")
    edit(mini / "kg.toml", ('version = "0.1.0"', 'version = "0.2.0"'), ("2026-01-15", "2026-02-20"))
    edit(mini / ANNOTATIONS, *NEXT)
    commands.run("--project", mini, "rename", "lieu/port-neuf", "lieu/port-vieux")
    commands.must("--project", mini, "build", "--release", "--json")
    commands.note_files(mini / "releases")
    commands.note_files(mini / "dist")
    for name, spoil in WRONG.items():
        shutil.copytree(mini, work / name, ignore=shutil.ignore_patterns("dist"))
        spoil(work / name)
    commands.must("init", work / "new")
    commands.run("init", work / "new")
    commands.must("--project", work / "new", "build")
    commands.note_files(work / "new")


FORMATS = ("table", "json", "csv", "tsv", "xml", "turtle", "ntriples", "jsonld", "rdfxml")


def reading_commands(verbs: Sequence[str], work: Path) -> Iterator[tuple[Sequence[str | Path], str]]:
    """Yield commands that read only, with their standard input."""
    seed, mini = ("--project", work / "seed"), ("--project", work / "mini")
    yield ("--version",), ""
    for verb in verbs:
        yield (verb, "--help"), ""
    for choice in ([], ["--json"], ["--coverage"]):
        yield (*seed, "check", *choice), ""
        yield (*mini, "check", *choice), ""
    for form in FORMATS:
        yield (*seed, "query", "--format", form, work / "select.rq"), ""
        yield (*seed, "query", "--format", form, work / "construct.rq"), ""
    for query in (SELECT, ASK, CONSTRUCT, BROKEN, "", "SELECT * { ?s foaf:name ?o }", "DELETE WHERE { ?s ?p ?o }"):
        yield (*mini, "query", "-"), query
    yield (*mini, "query", "--on", "0.1.0", "-"), SELECT
    yield (*mini, "query", "--on", work / "mini/dist/graph.nq", "-"), SELECT
    yield (*mini, "query", "--explain", "-"), SELECT
    for words in ("libérer des lits", "Liberer des lit", "xyzzy qwertz", ""):
        yield (*seed, "find", words), ""
    yield (*mini, "find", "--document", "jardin-des-ponts", "potager"), ""
    yield (*mini, "find", "--document", "nothing", "potager"), ""
    for options in ([], ["--language", "en"], ["--json"], ["--patch", work / "change.rdfp"]):
        yield (*mini, "diff", "0.1.0", "0.2.0", *options), ""
    yield (*mini, "diff", work / "mini/releases/0.2.0", work / "mini/dist/graph.nq"), ""


def wrong_commands(work: Path, taken: int) -> Iterator[tuple[Sequence[str | Path], str]]:
    """Yield commands that cannot succeed, with their standard input."""
    seed, mini = ("--project", work / "seed"), ("--project", work / "mini")
    for name in WRONG:
        yield ("--project", work / name, "check"), ""
        yield ("--project", work / name, "build", "--release"), ""
    yield ("--project", work / "misquoted", "check", "--json", "--report", work / "problems.json"), ""
    yield ("--project", work / "nowhere", "check"), ""
    yield ("--project", work / "select.rq", "check"), ""
    yield (*seed, "check", "--no-such-option"), ""
    yield ("no-such-verb",), ""
    yield ("build", "--language", "de"), ""
    yield ("find",), ""
    yield (*seed, "query", work / "nothing.rq"), ""
    yield (*seed, "query", work / "broken.rq"), ""
    yield (*seed, "query", "--on", "9.9.9", work / "select.rq"), ""
    yield (*seed, "query", "--explain", "--endpoint", "http://127.0.0.1:9/", work / "select.rq"), ""
    yield (*seed, "query", "--endpoint", "http://127.0.0.1:9/", work / "select.rq"), ""
    yield (*mini, "diff", "0.1.0", "9.9.9"), ""
    yield (*mini, "rename", "lieu/nowhere", "lieu/elsewhere"), ""
    yield ("--project", work / "misquoted", "serve", "--port", "0"), ""
    yield (*seed, "serve", "--port", "700000"), ""
    yield (*seed, "serve", "--port", str(taken)), ""
    yield (*seed, "serve", "--public-url", "no address"), ""
    yield (*seed, "serve", work / "nothing.nq"), ""
    yield (*seed, "serve", work / "broken.rq"), ""
    yield (*mini, "push", "http://127.0.0.1:9/"), ""
    yield (*mini, "push", "no address"), ""
    yield ("--project", work / "misquoted", "site", work / "no-site"), ""


def run_commands(commands: Commands) -> None:
    """Record what every verb does, and what it says to wrong uses."""
    work = commands.work
    said = commands.run("--help").stdout.decode()
    verbs = re.findall(r"^  (\w+) ", said.partition("Commands:")[2], re.MULTILINE)
    commands.run_all(reading_commands(verbs, work))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        commands.run_all(wrong_commands(work, listener.getsockname()[1]))
    for name in ("report.json", "problems.json", "change.rdfp"):
        commands.record.add("files", name, body=(work / name).read_bytes())
    renamed = work / "renamed"
    shutil.copytree(work / "mini", renamed, ignore=shutil.ignore_patterns("dist", "releases"))
    commands.run("--project", renamed, "rename", "lieu/local", "lieu/atelier")
    commands.run("--project", renamed, "check", "--schema")
    commands.note_files(renamed / "data")


@contextmanager
def a_store() -> Iterator[tuple[str, list[str]]]:
    """Run a store that takes everything, and tells what it was sent."""
    sent: list[str] = []

    class Store(http.server.BaseHTTPRequestHandler):
        """Answers as a graph store and to updates."""

        def answer(self) -> None:
            """Note a request and answer it."""
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            kind = self.headers.get("Content-Type", "")
            plain = re.sub(rb"urn:uuid:[0-9a-f-]{36}", b"UUID", body)  # as in NORMALS
            sent.append(f"{self.command} {self.path} {kind} {hashlib.sha256(plain).hexdigest()}")
            unknown = "uuid" in self.path or b"THIS IS NO UPDATE" in body
            self.send_response(404 if unknown else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_POST = answer  # noqa: N815  the names are those of the library

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/store", sent
        finally:
            server.shutdown()


def push(commands: Commands) -> None:
    """Record what a store is sent by 'kg push'."""
    for options in ([], ["--graph-store", "--json"], ["--update", "--default-graph"]):
        with a_store() as (url, sent):
            commands.run("--project", commands.work / "mini", "push", url, *options)
            label = f"store that is pushed to {' '.join(options)}".rstrip()
            commands.record.add("commands", label, requests="\n".join(sent).encode())


# Requests.


@contextmanager
def served(commands: Commands, name: str, root: Path, *options: str | Path) -> Iterator[Service]:
    """Run a service for a block, and record what it prints."""
    log, errors = commands.work / f"{name}.log", commands.work / f"{name}.errors"
    arguments = [commands.program, "--project", root, "serve", "--host", "127.0.0.1", "--port", "0", *options]
    with log.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(arguments, stdout=out, stderr=err, env=commands.environment, cwd=commands.work)
        try:
            yield Service(name, wait_for(process, log, errors), root)
        finally:
            process.terminate()
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
    lines = log.read_text("utf-8").splitlines(keepends=True)
    noted = "".join(line for line in lines if line.startswith("{"))
    said = "".join(line for line in lines if not line.startswith("{"))
    told = {"said": said.encode(), "access_log": noted.encode(), "stderr": errors.read_bytes()}
    commands.record.add("commands", f"service {name}", code=str(code), **told)


def wait_for(process: subprocess.Popen[bytes], log: Path, errors: Path) -> int:
    """Return the port of a service once it says that it answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r" on http://127\.0\.0\.1:(\d+)/", log.read_text("utf-8"))
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise RuntimeError(f"The service does not answer: {errors.read_text('utf-8')}")


def ask_all(record: Record, service: Service, asks: Iterable[Ask]) -> int:
    """Record the response to each request, once; return how many there are."""
    seen = set()
    unanswered = 0
    for ask in asks:
        if ask in seen:
            continue
        seen.add(ask)
        answer = service.send(ask)
        unanswered += answer.status.startswith(NO_ANSWER)
        if unanswered > UNANSWERED:
            raise RuntimeError(f"{service.name} does not answer any more; the last request was {ask.label}")
        record.add("requests", f"{service.name} {ask.label}", **answer.fields())
        if answer.header("content-type").startswith((HTML, "text/css")):
            found = ASSET.findall(answer.plain.decode(errors="replace"))
            links = (urljoin(ask.path.partition("?")[0], one or other) for one, other in found)
            service.assets |= {link for link in links if link.startswith("/")}
    return len(seen)


ASSET = re.compile(r"""(?:href|src)="([^"?#]*static/[^"?#]+)|url\(["']?([^"')?#]+)""")
"""The address of a file that a page or a style needs."""

LIMITS = "\n[limits]\nrows = 100\nbytes = 50000\nseconds = 3\nmemory = 67108864\n"


def ask_services(commands: Commands) -> None:
    """Record the answers of a release, of several, and of a graph."""
    work, record = commands.work, commands.record
    small = work / "small"
    small.mkdir()
    (small / "kg.toml").write_text((work / "mini/kg.toml").read_text("utf-8") + LIMITS, "utf-8")
    behind = ("--public-url", "https://data.example.org/kg", "--trust-proxy", "1", "--access-log")
    for name, root, catalogues, options in (
        ("seed", work / "seed", OF_SEED, ()),
        ("mini", work / "mini", OF_MINI, behind),
        ("graph", small, OF_GRAPH, (work / "mini/dist/graph.nq",)),
    ):
        with served(commands, name, root, *options) as service:
            known = know(service)
            count = ask_all(record, service, (ask for each in catalogues for ask in each(service, known)))
            tell(f"{name}: {count} requests")
            if name == "seed":
                commands.run_all(remote_commands(work, f"http://127.0.0.1:{service.port}"))


def remote_commands(work: Path, url: str) -> Iterator[tuple[Sequence[str | Path], str]]:
    """Yield commands that ask a service, with their standard input."""
    for form in FORMATS:
        for query in (SELECT, CONSTRUCT):
            yield ("query", "--endpoint", f"{url}/sparql", "--format", form, "-"), query
    for query in (BROKEN, ASK, ""):
        yield ("query", "--endpoint", f"{url}/sparql", "-"), query
    yield ("query", "--endpoint", f"{url}/nothing", "-"), ASK
    for path in ("sparql", "rdf-graph-store", "nothing"):
        for options in ([], ["--graph-store"], ["--update"]):
            yield ("--project", work / "mini", "push", *options, f"{url}/{path}"), ""


BEGAN = time.monotonic()


def tell(what: str) -> None:
    """Print how far a record is, after how many seconds."""
    print(f"{time.monotonic() - BEGAN:6.1f} s: {what}", file=sys.stderr, flush=True)


def record(out: Path, checkout: Path, *, whole: bool) -> None:
    """Record what the program of a checkout does."""
    with tempfile.TemporaryDirectory(prefix="behaviour-") as name:
        work = Path(name).resolve()
        made = Record({work: "WORK", checkout: "CHECKOUT"})
        commands = Commands(checkout, work, made)
        prepare(checkout, work)
        build(commands, checkout)
        tell("releases")
        run_commands(commands)
        push(commands)
        tell(f"{len(made.sections['commands'])} commands")
        ask_services(commands)
        for project in ("mini", "seed") if whole else ("mini",):
            commands.run("--project", work / project, "site", work / f"site-{project}", "--workers", "2")
            commands.note_files(work / f"site-{project}")
        made.write(out)
    tell(", ".join(f"{len(table)} {section}" for section, table in made.sections.items()))


# Comparison.


@dataclass(frozen=True)
class Difference:
    """A field in which two records differ; ``lines`` tell texts apart."""

    section: str
    label: str
    field: str
    before: str
    after: str
    lines: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Return where it is, as an expected difference names it."""
        return f"{self.section} | {self.label} | {self.field}"

    @property
    def changed(self) -> list[str]:
        """Return the changed lines, or else the values."""
        return [line for line in self.lines if line[0] in "+-"] or [f"-{self.before}", f"+{self.after}"]

    def is_expected(self, patterns: Sequence[re.Pattern[str]]) -> bool:
        """Tell whether patterns are in the place or all changed lines."""
        if any(pattern.search(self.place) for pattern in patterns):
            return True
        return all(any(pattern.search(line) for pattern in patterns) for line in self.changed)


def read_record(path: Path) -> tuple[dict[str, dict[str, Fields]], dict[str, str]]:
    """Read a record and its texts."""
    texts = json.loads(gzip.decompress(texts_of(path).read_bytes()))
    return json.loads(path.read_text("utf-8")), texts


def differences(before: Path, after: Path) -> Iterator[Difference]:
    """Yield all that differs between two records."""
    (old, old_texts), (new, new_texts) = read_record(before), read_record(after)
    for section in SECTIONS:
        for label in sorted({*old[section], *new[section]}):
            one, two = old[section].get(label), new[section].get(label)
            if one is None or two is None:
                there = ("missing", "there") if one is None else ("there", "missing")
                yield Difference(section, label, "presence", *there)
                continue
            for name in sorted({*one, *two}):
                was, is_ = one.get(name, "missing"), two.get(name, "missing")
                if was != is_:
                    lines = diff(old_texts.get(was), new_texts.get(is_))
                    yield Difference(section, label, name, was, is_, lines)


def diff(before: str | None, after: str | None) -> tuple[str, ...]:
    """Return the unified difference of two texts; nothing where one is unknown."""
    if before is None or after is None:
        return ()
    found = tuple(difflib.unified_diff(lines_of(before), lines_of(after), n=1, lineterm=""))[2:]
    if found:
        return found
    pairs = enumerate(zip(before, after, strict=False))
    at = next((n for n, (one, other) in pairs if one != other), min(len(before), len(after)))  # an end of a line, maybe
    return f"@@ character {at} @@", f"-{before[at : at + 80]!r}", f"+{after[at : at + 80]!r}"


def lines_of(text: str) -> list[str]:
    """Return a text in lines, with breaks in long ones."""
    parts = (re.split(r"(?<=[>,;}\]])", line) if len(line) > 200 else [line] for line in text.splitlines())
    return [piece[:400] for part in parts for piece in part]


def show(found: Sequence[Difference], *, most: int) -> None:
    """Print a table of differences, then each way of differing once."""
    counts = Counter((each.section, each.field) for each in found)
    for (section, name), count in sorted(counts.items()):
        print(f"{section:<10}{name:<36}{count:>6}")
    changed = {(each.section, each.label) for each in found if each.field == "body"}
    groups: dict[tuple[object, ...], list[Difference]] = {}
    for each in found:
        follows = each.field in {"header etag", "header content-length"} and (each.section, each.label) in changed
        if not follows:
            groups.setdefault((each.section, each.field, *each.changed), []).append(each)
    for group in sorted(groups.values(), key=len, reverse=True)[:most]:
        show_group(group)
    if len(groups) > most:
        print(f"\n{len(groups) - most} more that differ in other ways; --most shows more.")


def show_group(group: Sequence[Difference]) -> None:
    """Print a difference that is the same in all of a group."""
    first = group[0]
    print(f"\n{first.place}")
    for other in group[1:3]:
        print(f"{other.place}")
    if len(group) > 3:
        print(f"… and {len(group) - 3} more in the same way")
    for line in first.lines[:DIFF_LINES] or first.changed:
        print(f"    {line}")
    if len(first.lines) > DIFF_LINES:
        print(f"    … {len(first.lines) - DIFF_LINES} more lines")


def compare(before: Path, after: Path, ignore: Path | None, most: int) -> int:
    """Print what differs; return 1 where anything does that is not expected."""
    lines = ignore.read_text("utf-8").splitlines() if ignore else []
    patterns = [re.compile(line) for line in lines if line and not line.startswith("#")]
    every = list(differences(before, after))
    found = [each for each in every if not each.is_expected(patterns)]
    show(found, most=most)
    expected = f" ({len(every) - len(found)} expected ones left out)" if patterns else ""
    tables = read_record(before)[0]
    compared = ", ".join(f"{len(tables[section])} {section}" for section in SECTIONS)
    print(f"{'Equal' if not found else f'{len(found)} differences'} in {compared}{expected}.")
    return 1 if found else 0


def main() -> int:
    """Run one of the two verbs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("record", help="record what the program does; about two minutes")
    one.add_argument("out", type=Path, metavar="OUT.json")
    one.add_argument("--checkout", type=Path, default=ROOT, help="the checkout whose .venv/bin/kg is run")
    one.add_argument("--whole", action="store_true", help="record the static site of the seed too; a minute more")
    two = verbs.add_parser("compare", help="print what differs between two records; exit code 1 where anything does")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    searched = "searched in 'section | label | field' and in the changed lines of a text"
    two.add_argument("--ignore", type=Path, help=f"regular expressions, one a line, of what may differ: {searched}")
    two.add_argument("--most", type=int, default=SHOWN, help="how many ways of differing are shown")
    given = parser.parse_args()
    if given.verb == "compare":
        return compare(given.before, given.after, given.ignore, given.most)
    record(given.out.resolve(), given.checkout.resolve(), whole=given.whole)
    return 0


if __name__ == "__main__":
    sys.exit(main())
