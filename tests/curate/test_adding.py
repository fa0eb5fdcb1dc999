"""Files of any kind become documents: the text that a person would type, and a project that builds."""

import hashlib
import io
import json
import re
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from file_makers import MAKERS, make_docx, make_odt, make_pdf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from kg.cli import program
from kg.curate import file_readers
from kg.curate.documents import parse_document, wrong_successors
from kg.curate.file_readers import read_file
from kg.curate.text_cleaning import Line, clean, plain_lines
from kg.model.errors import FileError
from kg.model.sentences import abbreviations_of, split_sentences

CASES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("added/*.yaml")
}
MADE = [(name, kind) for name, case in CASES.items() for kind in case.get("formats", ())]
TYPED = [name for name, case in CASES.items() if "content" in case]
TELLING = ("title", "author", "language")


def make(case: dict, kind: str, **more: int) -> bytes:
    """A file of a case."""
    return MAKERS[kind](case["blocks"], case["header"], case["footer"], **more, **{key: case[key] for key in TELLING})


def cleaned(data: bytes, name: str, language: str = "fr") -> str:
    """The text of a file."""
    return clean(read_file(data, name).lines, language)[0]


def expected(case: dict, kind: str) -> str:
    """The text of a case; office files have no mark of their own for the points of a list."""
    return case["text"] if kind == "pdf" else case["text"].replace("• ", "- ")


@pytest.mark.parametrize(("name", "kind"), MADE)
def test_a_made_file_becomes_the_text_that_a_person_would_type(name, kind):
    """Headings, wrapped lines, hyphens, notes, lists, tables and running lines of a PDF, DOCX and ODT."""
    case = CASES[name]

    assert cleaned(make(case, kind), f"x.{kind}", case["language"]) == expected(case, kind)


@pytest.mark.parametrize("width", [36, 40, 44, 48, 56, 60, 66])
@pytest.mark.parametrize("name", sorted({name for name, _ in MADE}))
def test_the_width_of_a_page_changes_nothing(name, width):
    """Wherever lines and pages end, and whichever words are divided there, the text is the same."""
    case = CASES[name]

    assert cleaned(make(case, "pdf", width=width), "x.pdf", case["language"]) == case["text"]


@pytest.mark.parametrize("name", TYPED)
def test_a_typed_file_becomes_the_text_that_a_person_would_type(name):
    """Text, Markdown and HTML of the cases."""
    case = CASES[name]

    assert (
        cleaned(case["content"].encode(case.get("encoding", "utf-8")), case["file"], case["language"]) == case["text"]
    )


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_sentence_is_whole(name):
    """The sentences of the text are those of its paragraphs: none begins in the middle."""
    case = CASES[name]
    text = case["text"]
    sentences = [text[s.start : s.end] for s in split_sentences(text, abbreviations_of(case["language"]))]

    for sentence in sentences:
        assert sentence in text.splitlines() or re.match(r"[\W\d]*[A-ZÀ-Ý\d]|- |• |\[", sentence), sentence


@pytest.mark.parametrize("name", sorted(CASES))
def test_adding_the_text_again_changes_nothing(name):
    """What was cleaned once is as clean as it gets."""
    text = CASES[name]["text"]

    assert cleaned(text.encode(), "again.txt", CASES[name]["language"]) == text


WORDS = st.sampled_from(
    ["Le", "la", "jardin,", "accueille", "peut-être", "2023", "« ici »", ":", "été", "M.", "!", "et"]
)
LINES = st.builds(
    lambda first, words: " ".join([first, *words]) + ".",
    st.sampled_from(["Depuis", "Elle", "À", "Nos"]),
    st.lists(WORDS, max_size=40),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(LINES, st.booleans()), min_size=1, max_size=12))
def test_what_a_person_typed_stays(lines):
    """Paragraphs typed on a line each, with or without room between them, come back as they are."""
    text = lines[0][0] + "".join(("\n\n" if gap else "\n") + line for line, gap in lines[1:]) + "\n"

    assert clean(plain_lines(text), "fr")[0] == text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet="ab -\u00ad\n\f.:é1•ﬁ\u202f\u00a0\t|[]", max_size=300))
def test_cleaning_twice_is_cleaning_once(words):
    """Whatever a file holds, its cleaned text is clean."""
    once = clean(plain_lines(words), "fr")[0]

    assert clean(plain_lines(once), "fr")[0] == once


@pytest.mark.parametrize("name", ["groupe-sos"])
def test_the_seed_is_clean(name):
    """A text that was typed with care comes back byte for byte, but for the end of its last line."""
    text = (Path(__file__).parents[2] / "data" / name / "text.txt").read_text(encoding="utf-8")

    assert clean(plain_lines(text), "fr")[0].rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    ("one", "other", "language", "joined"),
    [
        ("une initia-", "tive", "fr", "une initiative"),
        ("un porte-", "monnaie", "fr", "un porte-monnaie"),
        ("peut-", "être", "fr", "peut-être"),
        ("c’est-à-", "dire", "fr", "c’est-à-dire"),
        ("la Seine-", "Saint-Denis", "fr", "la Seine-Saint-Denis"),
        ("de 2020-", "2021", "fr", "de 2020-2021"),
        ("un e-", "mail", "fr", "un e-mail"),
        ("l’asso\u00ad", "ciation", "fr", "l’association"),
        ("a self-", "help group", "en", "a self-help group"),
        ("pre-", "and post-natal", "en", "pre- and post-natal"),
        ("die Vor-", "und Nachteile", "de", "die Vor- und Nachteile"),
        ("die Nachbar-", "schaft", "de", "die Nachbarschaft"),
        ("https://exemple.org/", "rapport", "fr", "https://exemple.org/rapport"),
    ],
)
def test_a_hyphen_at_the_end_of_a_line(one, other, language, joined):
    """It goes where it divides a word, and stays where it is the word's own."""
    text, _ = clean([Line(one, starts=True), Line(other, starts=False)], language)

    assert text == f"{joined}\n"


def test_the_rest_of_the_text_tells_of_a_hyphen():
    """A word that stands elsewhere with or without its hyphen is written like that, and is no question."""
    apart = [Line("un éco-", starts=True), Line("quartier", starts=False)]

    assert clean([*apart, Line("Cet éco-quartier.", starts=True)], "fr")[0].startswith("un éco-quartier\n")
    assert clean([*apart, Line("Cet écoquartier.", starts=True)], "fr")[0].startswith("un écoquartier\n")
    assert clean([*apart, Line("Cet écoquartier.", starts=True)], "fr")[1].suspicious == []
    assert clean(apart, "fr")[1].suspicious == [(1, "hyphen:écoquartier")]


@pytest.mark.parametrize("end", ["un lit", "un repas chaud,", "un lit et un re-"])
def test_a_line_that_may_be_cut_is_told_where_too_little_shows_how_lines_were_broken(end):
    """A few short lines stay as they are; one that a small letter goes on after is one to look at."""
    text, report = clean(plain_lines(f"Il propose {end}\nchaque soir.\n"), "fr")

    assert text == f"Il propose {end}\nchaque soir.\n"
    assert report.suspicious == [(1, "cut")]


def test_letters_are_whole_and_spaces_typographic_ones_stay():
    """Ligatures are resolved, text is in NFC, U+202F and U+00A0 stay, other odd spaces and signs do not."""
    text, report = clean(
        [Line("L’e\u0301te\u0301 ef\ufb01cace\u2009:\u200b oui\u202f!\tet «\u00a0non\u00a0»\x02")], "fr"
    )

    assert text == "L’été efficace : oui\u202f! et «\u00a0non\u00a0»\n"
    assert report.ligatures == 1


PAGES = "\f".join(
    f"Rapport annuel\nTexte de la page {word}, qui est long assez.\n{number}"
    for number, word in enumerate(("une", "deux", "trois"), 4)
)


def test_running_lines_and_page_numbers_go():
    """What repeats at the edge of the pages is dropped and told, and so are numbers that count the pages."""
    text, report = clean(plain_lines(PAGES), "fr")

    assert "Rapport annuel" not in text
    assert report.running == {"Rapport annuel": 3}


def test_a_running_line_is_told_once_with_its_number_left_open():
    """Lines that differ by the number of the page alone are one, wherever the count begins."""
    pages = "\f".join(
        f"Chapitre 2 : les maisons {number}\n{words}." for number, words in enumerate(("Un", "Deux", "Trois"), 14)
    )

    assert clean(plain_lines(pages), "fr")[1].running == {"Chapitre 2 : les maisons #": 3}


def test_columns_follow_one_another():
    """Lines that a PDF has side by side, in long cells, are read one column after the other."""
    left = [
        "Depuis 2019, l’association accueille",
        "des familles sans abri dans trois",
        "maisons de la ville, toute l’année.",
    ]
    right = [
        "Elle propose aussi un logement, un",
        "accompagnement social, des ateliers",
        "de français et un thé le samedi.",
    ]
    data = make_pdf([{"table": [list(pair) for pair in zip(left, right, strict=True)]}], gap=75)

    assert cleaned(data, "x.pdf") == f"{' '.join(left)}\n\n{' '.join(right)}\n"


def test_a_number_at_the_edge_of_a_page_that_counts_nothing_stays():
    """A year at the head of a page is no page number; neither is one in a text without pages."""
    assert "2022" in clean(plain_lines("2022\nUn texte.\fDeux.\n\fTrois.\n"), "fr")[0]
    assert clean(plain_lines("Un texte.\n3\n"), "fr")[0] == "Un texte.\n3\n"


BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as packed:
    packed.writestr("word/document.xml", b"0" * 210_000_000)


def locked() -> bytes:
    """A PDF with a password."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf([{"p": "Un."}]))))
    writer.encrypt("secret", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def with_part(data: bytes, name: str, change) -> bytes:
    """An office file with one part changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return file.getvalue()


def with_entity(part: bytes) -> bytes:
    """An XML part that takes words from a file of this machine."""
    declared = b'<!DOCTYPE x [<!ENTITY leak SYSTEM "file:///etc/passwd">]>'
    return re.sub(rb"(<\?xml[^>]*>)?", lambda match: (match[1] or b"") + declared, part, count=1).replace(
        b"Mot.", b"Mot &leak;"
    )


MENU = (
    "<html><body><nav><ul>"
    + "".join(f"<li><a href='/{n}'>Page {n}</a></li>" for n in range(20))
    + "</ul></nav></body></html>"
)
PACKED = with_part(make_docx([{"p": "Un."}]), "-", bytes).replace(b"word/document.xml", b"book/document.xml")
BAD = {
    "empty.txt": (b" \n\n", "the file is empty"),
    "zeros.txt": (b"\x00" * 50, "the file is empty"),
    "scanned.pdf": (make_pdf([]), "OCR"),
    "locked.pdf": (locked(), "password"),
    "damaged.pdf": (b"%PDF-1.7\nnothing", "damaged"),
    "damaged.docx": (b"PK\x03\x04nothing", "damaged"),
    "bomb.docx": (BOMB.getvalue(), "unpacked"),
    "other.xlsx": (
        with_part(make_docx([{"p": "Un."}]), "-", bytes).replace(b"word/document.xml", b"book/document.xml"),
        "is not read",
    ),
    "old.doc": (b"\xd0\xcf\x11\xe0" + b"x" * 100, "old Office file"),
    "text.rtf": (b"{\\rtf1 Un}", "RTF"),
    "picture.png": (b"\x89PNG\r\n" + b"x" * 50, "picture"),
    "program.bin": (bytes(range(256)) * 20, ""),
    "menu.html": (MENU.encode(), "there is no text"),
    "blank.html": (b"<html><body><script>document.write('x y z')</script></body></html>", "there is no text"),
    "wrong.txt": ("\ufeffé".encode("utf-16-le") + b"\x00", "damaged"),
    "entity.odt": (with_part(make_odt([{"p": "Mot."}]), "content.xml", with_entity), "damaged"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_file_that_is_no_text_is_refused_in_one_line(name):
    """Scanned, locked, damaged, packed, foreign and empty files: the message says what to do."""
    data, words = BAD[name]
    with pytest.raises(FileError) as raised:
        read_file(data, name)

    message = str(raised.value)
    assert message.startswith(f"{name}: ")
    assert words in message
    assert "\n" not in message
    assert message.endswith((".", "'social-response-kg[add]'", "cp1252"))


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    """Bytes and characters have a bound."""
    monkeypatch.setattr(file_readers, "MOST_BYTES", 20)
    with pytest.raises(FileError, match="bytes"):
        read_file(b"Un texte trop long pour ici.", "x.txt")
    monkeypatch.setattr(file_readers, "MOST_BYTES", 1000)
    monkeypatch.setattr(file_readers, "MOST_CHARACTERS", 5)
    with pytest.raises(FileError, match="characters"):
        read_file(b"Un texte trop long pour ici.", "x.txt")


def test_an_entity_of_a_docx_takes_nothing_from_the_machine():
    """The file that an external entity names is not read."""
    data = with_part(make_docx([{"p": "Mot."}]), "word/document.xml", with_entity)
    try:
        text = cleaned(data, "x.docx")
    except FileError:
        return
    assert "root:" not in text


def test_a_docx_is_read_as_it_would_be_with_its_changes_accepted():
    """Insertions are in the text; deletions and the places that words were moved from are not."""
    changed = b"""<w:p><w:r><w:t xml:space="preserve">Elle </w:t></w:r>
        <w:ins w:id="1" w:author="A"><w:r><w:t>loge</w:t></w:r></w:ins>
        <w:del w:id="2" w:author="A"><w:r><w:delText>nourrit</w:delText></w:r></w:del>
        <w:moveFrom w:id="3" w:author="A"><w:r><w:t>ailleurs</w:t></w:r></w:moveFrom>
        <w:r><w:t xml:space="preserve"> ici.</w:t></w:r></w:p>"""
    data = with_part(make_docx([]), "word/document.xml", lambda part: part.replace(b"<w:body>", b"<w:body>" + changed))

    assert cleaned(data, "x.docx") == "Elle loge ici.\n"


def test_an_odt_with_a_password_is_refused():
    """A file whose parts are encrypted says so in its manifest, and is told to be locked."""
    data = with_part(
        make_odt([{"p": "Mot."}]),
        "META-INF/manifest.xml",
        lambda part: part.replace(b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>"),
    )
    with pytest.raises(FileError, match="password"):
        read_file(data, "x.odt")


@pytest.mark.parametrize("kind", ["html", *MAKERS])
def test_nothing_is_fetched(kind, monkeypatch):
    """Pictures, styles and addresses in a file are not asked for: no socket is opened."""

    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    page = b"<html><head><link rel='stylesheet' href='http://127.0.0.1:9/a.css'></head><body><p>Un texte ici.</p>"
    files = {made: maker([{"p": "Un texte ici."}]) for made, maker in MAKERS.items()}
    files["html"] = (
        page + b"<img src='http://127.0.0.1:9/a.png'><iframe src='http://127.0.0.1:9/'></iframe></body></html>"
    )
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)

    assert cleaned(files[kind], f"x.{kind}") == "Un texte ici.\n"


@pytest.mark.parametrize("module", ["pypdf", "docx", "odf.opendocument", "trafilatura"])
def test_without_the_extra_the_message_says_how_to_get_it(module, monkeypatch):
    """A library that is missing is named by the words that install it, and no other kind of file needs it."""
    kinds = {"pypdf": "pdf", "docx": "docx", "odf.opendocument": "odt", "trafilatura": "html"}
    files = {kind: make([{"p": "Un."}], kind) for kind, make in MAKERS.items()} | {
        "html": b"<html><body><p>Un.</p></body></html>"
    }

    def missing(name):
        if name == module:
            raise ImportError(name)
        return __import__("importlib").import_module(name)

    monkeypatch.setattr(file_readers, "import_module", missing)
    with pytest.raises(FileError, match=r"pip install 'social-response-kg\[add\]'"):
        read_file(files[kinds[module]], f"x.{kinds[module]}")
    assert read_file(b"Un.", "x.txt").lines == (Line("Un."),)
    assert read_file(b"# Un", "x.md").told == {"title": "Un"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding):
    """A text in UTF-8, UTF-16 or UTF-32 with its mark is read."""
    assert cleaned("L’été à Besançon.\n".encode(encoding), "x.txt") == "L’été à Besançon.\n"


def test_another_encoding_is_guessed_and_told_or_named():
    """Latin-1 is guessed, and said to be; --encoding names it; a wrong name is refused."""
    words = "Depuis des années, l'association accueille à Besançon des élèves étrangers très démunis. " * 3
    data = words.encode("cp1252")

    assert read_file(data, "x.txt").encoding
    assert read_file(data, "x.txt", "cp1252").lines[0].text == words
    with pytest.raises(FileError, match="--encoding"):
        read_file(data, "x.txt", "utf-8")


@pytest.fixture
def at(mini, tmp_path):
    """Return a function that writes a file and runs add on it."""

    def run(name: str, data: bytes, *options: str):
        (tmp_path / name).write_bytes(data)
        return CliRunner().invoke(
            program, ["--project", str(mini.root), "add", str(tmp_path / name), *options], prog_name="kg"
        )

    return run


TEXT = b"La maison du port\n\nElle accueille des familles depuis 2019. Elles y restent un an.\n"


def test_a_file_becomes_a_document_that_builds_at_once(at, mini):
    """After add the project is checked and built without another word; the text has no fact yet."""
    result = at("maison.txt", TEXT)
    checked = CliRunner().invoke(program, ["--project", str(mini.root), "check"], prog_name="kg")
    folder = mini.data / "la-maison-du-port"

    assert result.exit_code == 0, result.output
    assert (folder / "text.txt").read_bytes() == TEXT
    assert (
        (folder / "annotations.yaml")
        .read_text()
        .startswith("# yaml-language-server: $schema=../annotations.schema.json")
    )
    described = tomllib.loads((folder / "document.toml").read_text(encoding="utf-8"))
    assert described["sha256"] == hashlib.sha256(TEXT).hexdigest()
    assert described["label"] == {"fr": "Texte «\u00a0La maison du port\u00a0»", "en": "Text “La maison du port”"}
    assert checked.exit_code == 0, checked.output
    assert "la-maison-du-port: 3 sentences, 0 of" in checked.output
    assert CliRunner().invoke(program, ["--project", str(mini.root), "build"], prog_name="kg").exit_code == 0


def test_what_the_curator_tells_is_in_the_description(at, mini):
    """Each option is a key of document.toml, and what is told is not asked for."""
    options = [
        *("--id", "port", "--url", "https://exemple.org/port", "--retrieved", "2024-02-01", "--date", "2023-05"),
        *("--rights", "CC BY 4.0.", "--language", "fr-FR", "--title", "Le port", "--author", "Association Exemple"),
        *("--replaces", "atelier-du-canal"),
    ]
    result = at("maison.txt", TEXT, *options)
    described = tomllib.loads((mini.data / "port" / "document.toml").read_text(encoding="utf-8"))

    assert result.exit_code == 0, result.output
    assert described["url"] == "https://exemple.org/port"
    assert str(described["retrieved"]) == "2024-02-01"
    assert (described["author"], described["date"], described["language"]) == (
        "Association Exemple",
        "2023-05",
        "fr-FR",
    )
    assert (described["title"], described["rights"], described["replaces"]) == (
        "Le port",
        "CC BY 4.0.",
        "atelier-du-canal",
    )
    assert "source" not in described


def test_the_graph_says_where_a_document_is_from(at, mini):
    """Address, day, author and predecessor are in the graph of the document."""
    at("maison.txt", TEXT, "--id", "port", "--url", "https://exemple.org/port", "--retrieved", "2024-02-01",
       "--author", "Anne", "--replaces", "atelier-du-canal")  # fmt: skip
    assert CliRunner().invoke(program, ["--project", str(mini.root), "build"], prog_name="kg").exit_code == 0
    quads = (mini.dist / "graph.nq").read_text(encoding="utf-8")
    document = f"<{mini.minter.document('port').value}>"

    assert f"{document} <http://purl.org/dc/terms/source> <https://exemple.org/port>" in quads
    assert f'{document} <http://purl.org/pav/retrievedOn> "2024-02-01T00:00:00Z"^^' in quads
    assert f'{document} <http://purl.org/dc/terms/creator> "Anne"' in quads
    assert f"{document} <http://purl.org/dc/terms/replaces> <{mini.minter.document('atelier-du-canal').value}>" in quads


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--url", "exemple.org"], "--url is 'exemple.org'"),
        (["--retrieved", "2024"], "--retrieved is '2024'"),
        (["--date", "2023-13"], "--date is '2023-13'"),
        (["--language", "french!"], "--language is 'french!'"),
        (["--replaces", "nowhere"], "which is no document"),
        (["--id", "Port"], "cannot be the name"),
        (["--id", "things"], "cannot be the name"),
        (["--id", "atelier-du-canal"], "there is such a document already"),
    ],
)
def test_an_option_that_does_not_fit_leaves_nothing(at, mini, options, words):
    """A wrong option is named, and no folder is begun."""
    before = sorted(mini.data.rglob("*"))
    result = at("maison.txt", TEXT, *options)

    assert result.exit_code == 2
    assert words in result.output
    assert sorted(mini.data.rglob("*")) == before


def test_a_disk_without_room_leaves_nothing(at, mini, monkeypatch):
    """A folder that cannot be written whole is not there."""
    before = sorted(mini.data.rglob("*"))
    write = Path.write_bytes

    def full(path, data):
        if path.name == "document.toml":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = at(
        "maison.html",
        b"<html lang='fr'><body><h1>Un</h1><p>Elle accueille des familles.</p></body></html>",
        "--id",
        "plein",
    )

    assert result.exit_code in (1, 2)
    assert sorted(mini.data.rglob("*")) == before


def test_a_dry_run_prints_the_text_and_writes_nothing(at, mini):
    """The text goes to standard output, the report to standard error."""
    before = sorted(mini.data.rglob("*"))
    result = at("maison.txt", TEXT, "--dry-run")

    assert result.stdout.encode() == TEXT
    assert "la-maison-du-port" in result.stderr
    assert sorted(mini.data.rglob("*")) == before


def test_the_report_tells_what_was_done(at):
    """With --json what was joined, dropped and kept is told for machines."""
    case = CASES["report-fr"]
    told = json.loads(at("rapport.pdf", make(case, "pdf", width=44), "--json").stdout)

    assert (told["format"], told["notes"], told["table_rows"]) == ("PDF", 1, 3)
    assert told["dropped"] == {case["header"]: told["pages"]}
    assert told["page_numbers"] == told["pages"]
    assert "logement" in told["hyphens_removed"]
    assert "Peut-être" in told["hyphens_kept"]
    assert told["told"]["author"] == case["author"]


def test_the_date_of_a_file_is_marked_as_one_to_look_at(at, mini):
    """The day on which a PDF was made is seldom that of its text; one that the curator tells is not asked for again."""
    data = make(CASES["leaflet-en"], "pdf")
    at("leaflet.pdf", data, "--id", "made")
    at("leaflet.pdf", data, "--id", "told", "--date", "2023-05-04")

    assert re.search(
        r"^date = \d{4}-\d\d-\d\d  # ", (mini.data / "made" / "document.toml").read_text("utf-8"), re.MULTILINE
    )
    assert "\ndate = 2023-05-04\n" in (mini.data / "told" / "document.toml").read_text("utf-8")


def described(**more: str) -> bytes:
    """A document.toml with more keys."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in more.items()]
    head = [
        'title = "T"',
        'language = "fr"',
        f'sha256 = "{hashlib.sha256(b"Un.").hexdigest()}"',
        'rights = "R"',
        *lines,
    ]
    return "\n".join([*head, "[label]", 'fr = "T"', 'en = "T"']).encode()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "ftp://x"),
        ("url", "un mot"),
        ("retrieved", "2024"),
        ("retrieved", "2024-02-30"),
        ("author", ""),
        ("author", []),
        ("replaces", "A b"),
        ("replaces", 3),
    ],
)
def test_a_wrong_value_of_the_description_is_told(key, value):
    """The new keys are checked like the old ones."""
    _, problems = parse_document("ici", b"Un.", described(**{key: value}), "data/ici")

    assert [problem.code for problem in problems] == ["document-key"]


@pytest.mark.parametrize(
    ("replaces", "wrong"),
    [
        ({"a": "b", "b": ""}, []),
        ({"a": "a"}, ["a"]),
        ({"a": "nowhere"}, ["a"]),
        ({"a": "b", "b": "c", "c": "a"}, ["a", "b", "c"]),
        ({"a": "b", "b": "c", "c": "b"}, ["b", "c"]),
    ],
)
def test_a_document_replaces_another_one_that_is_there(replaces, wrong):
    """Neither itself, nor what is not there, nor in a circle."""
    documents = []
    for name, older in replaces.items():
        document, problems = parse_document(
            name, b"Un.", described(**({"replaces": older} if older else {})), f"data/{name}"
        )
        assert not problems
        documents.append(document)

    assert [problem.file.split("/")[1] for problem in wrong_successors(documents, replaces, "data")] == wrong
