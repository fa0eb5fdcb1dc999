"""Whatever the input files hold, a build succeeds or tells what is wrong."""

import contextlib
import json
import random
import tomllib

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse, serialize

import kg.graph.builder
from kg.curate.documents import parse_document
from kg.curate.parser import ENTRY_KEYS, FACT_KEYS, parse_entries
from kg.curate.quoting import find_fact
from kg.curate.thing_ids import parse_withdrawn, rename_thing
from kg.curate.vocabulary_files import EDITORS_RELATIONS
from kg.graph.builder import build
from kg.model.errors import InputError, KgError, ProjectError
from kg.model.iris import RDF, SR
from kg.model.ontology import parse_ontology, read_ontology
from kg.model.settings import read_settings
from kg.release.assembly import make_release

FOLDER = "atelier-du-canal"
KEYS = sorted({*ENTRY_KEYS, *FACT_KEYS, "fr", "en", "rien"})
NASTY = (
    *(
        "~",
        "null",
        "",
        '""',
        "[]",
        "{}",
        "[[]]",
        "{a: b}",
        "- a",
        "&a x",
        "*a",
        "&a [*a]",
        "<<: *a",
        "!!int x",
        "!!int '²'",
    ),
    *(
        "!!binary x",
        "!!set {a}",
        "!!null x",
        "!!python/object:os.system x",
        "%YAML 1.1",
        "---",
        "...",
        "? a",
        "|",
        ">",
        "@",
    ),
    *("9" * 30, "9" * 6000, "-" + "9" * 6000, "1e999", ".nan", "0x" + "f" * 40, "1_000", "2016-13-45", "12:30:45"),
    *(
        "[" * 60,
        "[" * 5000,
        "{a: " * 5000,
        "- " * 5000,
        "? " * 5000,
        "\u2028",
        "\ufeff",
        "\x00",
        "\x07",
        "\ud7ff",
        "\uffff",
    ),
    *(
        "'",
        '"',
        "'a",
        '"\\ud800"',
        '"\\x00"',
        '"\\N"',
        "#",
        ": ",
        "\t",
        "\r",
        "😀",
        "e\u0301",
        "\u202e",
        "\u00a0",
        "http://[x",
    ),
    *(
        "organisation/atelier-du-canal",
        "document/atelier-du-canal",
        "public/habitants",
        "type-initiative/service",
        "../../etc",
    ),
    *("Document", "Assertion", "Outcome", "mentionedAs", "earliestYear", "skos:broader", "effect", "{fr: x, en: y}"),
)
LINES = st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["drop", "double", "swap", "indent"])), max_size=8)


def examples(count: int):
    """Ask for so many examples in a thorough run, and for a fair share of them in a quick one."""
    return settings(max_examples=max(1, count * settings.default.max_examples // 100))


@pytest.fixture(scope="module")
def case(mini_factory, tmp_path_factory):
    """A small project that is spoiled again and again; its ontology, which stays, is read once."""
    project = mini_factory(tmp_path_factory.mktemp("properties") / "mini")
    words = read_ontology(project)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kg.graph.builder, "read_ontology", lambda _: words)
        yield project


def unevidenced(built) -> list:
    """The statements of a graph that have no assertion with a quote that the text has, but for editors' relations."""
    needed = {prop.iri for prop in built.ontology.properties.values()}
    texts = "\n".join(document.text for document in built.documents)
    parts: dict = {}
    for quad in built.quads:
        if quad.predicate.value in (RDF + "subject", RDF + "predicate", RDF + "object", SR + "quote"):
            parts.setdefault(quad.subject, {})[quad.predicate.value] = quad.object
    said = {tuple(part.get(RDF + name) for name in ("subject", "predicate", "object")): part for part in parts.values()}
    return [
        quad
        for quad in built.quads
        if quad.predicate.value in needed
        and not (quad.graph_name.value.endswith("/concepts") and quad.predicate.value in EDITORS_RELATIONS)
        and not (tuple(quad.triple) in said and said[tuple(quad.triple)][SR + "quote"].value in texts)
    ]


def spoiled(project, name: str, data: bytes) -> bool:
    """Build with other bytes in one file: whether it succeeded; it must leave every file as it is."""
    path = project.data / name
    before = path.read_bytes()
    path.write_bytes(data)
    files = sorted(project.root.rglob("*"))
    try:
        built = build(project)
    except KgError:
        return False
    finally:
        assert sorted(project.root.rglob("*")) == files
        assert path.read_bytes() == data
        path.write_bytes(before)
    lines = serialize(built.quads, format=RdfFormat.N_QUADS)
    assert set(parse(lines, format=RdfFormat.N_QUADS)) == set(built.quads)
    assert unevidenced(built) == []
    assert len({quad.triple for quad in built.quads}) == len(built.quads)
    return True


def original(project, name: str = f"{FOLDER}/annotations.yaml") -> bytes:
    """The bytes of a file as it was."""
    return (project.data / name).read_bytes()


@examples(60)
@given(
    file=st.sampled_from(["social-response", "concepts", "alignments"]),
    subject=st.sampled_from(["public:habitants", "public:benevoles", "initiative:velotheque", "public:rien", "sr:Aim"]),
    predicate=st.sampled_from(["broader", "narrower", "related", "notation", "altLabel", "scopeNote", "sr:targets"]),
    value=st.sampled_from(["public:habitants", "initiative:velotheque", "public:rien", '"mots"@fr', '"H"', "sr:Aim"]),
    lines=st.integers(0, 3),
)
def test_what_the_vocabulary_says_has_evidence_or_is_refused(file, subject, predicate, value, lines, case, root):
    """Whatever line is written into a file of the vocabulary, no statement without evidence comes of it."""
    start = "".join(
        f"@prefix {name}: <{iri}> .\n"
        for name, iri in (
            ("public", "https://example.org/mini/id/public/"),
            ("initiative", "https://example.org/mini/id/initiative/"),
            ("skos", "http://www.w3.org/2004/02/skos/core#"),
            ("sr", SR),
        )
    )
    name = predicate if ":" in predicate else f"skos:{predicate}"
    written = f"{start}{subject} {name}" + "\n" * lines + f" {value} .\n"
    files = {
        name: (
            f"{name}.ttl",
            (written if name == file else "").encode() + (root / "ontology" / f"{name}.ttl").read_bytes(),
        )
        for name in ("social-response", "concepts", "alignments")
    }
    files["ontology"] = files.pop("social-response")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kg.graph.builder, "read_ontology", lambda _: parse_ontology(files))
        problems, built = [], None
        try:
            built = build(case)
        except InputError as error:
            problems = [(problem.file, problem.line) for problem in error.problems]
    if built is None:
        assert problems == [(f"{file}.ttl", 5 + lines)]
        return
    assert unevidenced(built) == []
    assert not {"public:rien", "sr:targets", "skos:scopeNote"} & {subject, name, value}


@examples(40)
@given(flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
def test_bytes_are_changed(case, flips):
    """Bytes of the annotations take other values."""
    data = bytearray(original(case))
    for place, value in flips:
        data[place % len(data)] = value
    spoiled(case, f"{FOLDER}/annotations.yaml", bytes(data))


@examples(40)
@given(edits=LINES)
def test_lines_are_moved(case, edits):
    """Lines of the annotations are dropped, doubled, swapped or pushed to the right."""
    lines = original(case).decode().splitlines(keepends=True)
    for place, how in edits:
        at = place % (len(lines) - 1)
        if how == "drop":
            del lines[at]
        elif how == "double":
            lines.insert(at, lines[at])
        elif how == "swap":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        else:
            lines[at] = "  " + lines[at]
    spoiled(case, f"{FOLDER}/annotations.yaml", "".join(lines).encode())


@examples(40)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 4))
def test_keys_are_swapped(case, seed, count):
    """Keys of the form take each other's places."""
    chance = random.Random(seed)
    text = original(case).decode()
    for _ in range(count):
        one, other = chance.sample(KEYS, 2)
        places = [at for at in range(len(text)) if text.startswith(f"{one}:", at)]
        if places:
            at = chance.choice(places)
            text = text[:at] + other + text[at + len(one) :]
    spoiled(case, f"{FOLDER}/annotations.yaml", text.encode())


@examples(110)
@given(nasty=st.sampled_from(NASTY), place=st.integers(0, 10**6), whole=st.booleans())
def test_values_are_nasty(case, nasty, place, whole):
    """A value of the annotations becomes something that YAML, Unicode or the form treat in a way of their own."""
    lines = original(case).decode().splitlines()
    at = place % len(lines)
    head = lines[at].split(": ", 1)[0]
    lines[at] = nasty if whole else f"{head}: {nasty}"
    spoiled(case, f"{FOLDER}/annotations.yaml", "\n".join(lines).encode("utf-8", "surrogatepass"))


@examples(40)
@given(garbage=st.text(max_size=12), place=st.integers(0, 10**6), quoted=st.booleans())
def test_garbage_is_put_in(case, garbage, place, quoted):
    """Any Unicode text stands anywhere in the annotations, as it is or between quotation marks."""
    text = original(case).decode()
    at = place % len(text)
    piece = json.dumps(garbage) if quoted else garbage
    spoiled(case, f"{FOLDER}/annotations.yaml", (text[:at] + piece + text[at:]).encode("utf-8", "surrogatepass"))


@examples(30)
@given(end=st.integers(0, 10**6))
def test_files_are_cut_short(case, end):
    """The annotations end anywhere."""
    data = original(case)
    spoiled(case, f"{FOLDER}/annotations.yaml", data[: end % len(data)])


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(NASTY[:40]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)


@examples(100)
@given(tree=TREES, as_list=st.booleans())
def test_any_tree_is_read(tree, as_list):
    """Any tree of lists and mappings gives entries or problems that say where."""
    with contextlib.suppress(yaml.YAMLError, UnicodeEncodeError):
        data = yaml.safe_dump([tree] if as_list else tree, allow_unicode=True).encode()
        for language in ("", "fr"):
            _, problems = parse_entries(data, "a.yaml", language)
            assert all(problem.file == "a.yaml" for problem in problems)
        parse_withdrawn(data, "w.yaml")


@examples(60)
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_text_is_read(case, data):
    """Any bytes as the text of a document give sentences or problems."""
    spoiled(case, f"{FOLDER}/text.txt", data)


@examples(40)
@given(flips=st.lists(st.tuples(st.integers(0, 10**6), st.text(max_size=3)), min_size=1, max_size=4))
def test_texts_are_changed(case, flips):
    """The text of a document no longer is the one that is described and quoted."""
    text = original(case, f"{FOLDER}/text.txt").decode()
    for place, piece in flips:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + 1 :]
    assert not spoiled(case, f"{FOLDER}/text.txt", text.encode("utf-8", "surrogatepass")) or text.encode() == original(
        case, f"{FOLDER}/text.txt"
    )


VALUES = (
    *(
        "1",
        "true",
        "1.5",
        "inf",
        "[]",
        "{}",
        "[[[]]]",
        "''",
        '"\\u0000"',
        '"x y"',
        "2020-01-01",
        "2020-01-01T00:00:00Z",
        "07:30",
    ),
    *(
        '"http://[x"',
        '"https://a b"',
        '"fr-x"',
        '"fr-abcdefghij"',
        '"FR"',
        '{fr = ""}',
        '{"x y" = "a"}',
        '{fr = "a", en = 1}',
    ),
    *("9" * 5000, "[" * 2000, "{a = 1}", '"2020-02-30"', '"0000"', "99999", "-1", '"full"', '["a", 1]', '"""\n"""'),
)


@examples(90)
@given(value=st.sampled_from(VALUES), place=st.integers(0, 10**6), which=st.sampled_from([FOLDER, "jardin-des-ponts"]))
def test_descriptions_are_changed(case, value, place, which):
    """A value of document.toml becomes another one."""
    lines = original(case, f"{which}/document.toml").decode().splitlines()
    places = [at for at, line in enumerate(lines) if "=" in line]
    at = places[place % len(places)]
    lines[at] = f"{lines[at].split('=')[0]}= {value}"
    spoiled(case, f"{which}/document.toml", "\n".join(lines).encode())


@examples(70)
@given(value=st.sampled_from(VALUES), place=st.integers(0, 10**6))
def test_settings_are_changed(case, value, place):
    """A value of kg.toml becomes another one: the settings are read and the project builds, or it is told."""
    lines = (case.root / "kg.toml").read_text(encoding="utf-8").splitlines()
    places = [at for at, line in enumerate(lines) if "=" in line]
    at = places[place % len(places)]
    lines[at] = f"{lines[at].split('=')[0]}= {value}"
    folder = case.root.parent / "settings"
    folder.mkdir(exist_ok=True)
    (folder / "kg.toml").write_text("\n".join(lines), encoding="utf-8")
    try:
        changed = read_settings(folder)
    except ProjectError:
        return
    assert build(type(case)(case.root, changed)).quads


@examples(60)
@given(words=st.text(max_size=80))
def test_any_words_are_sought(case, words):
    """Any words are found in the text or not."""
    text = original(case, f"{FOLDER}/text.txt")
    document, _ = parse_document(FOLDER, text, original(case, f"{FOLDER}/document.toml"), "data")
    fact = find_fact(document, words)

    assert fact is None or yaml.safe_load(fact[0])[0]["quote"] in text.decode()


@examples(60)
@given(nasty=st.sampled_from(NASTY), place=st.integers(0, 10**6))
def test_renaming_in_any_file(case, nasty, place):
    """A rename changes files that are YAML, or says that they are none."""
    lines = original(case).decode().splitlines()
    lines[place % len(lines)] = nasty
    files = {"a.yaml": "\n".join(lines), "w.yaml": nasty}
    with contextlib.suppress(KgError):
        changed = rename_thing(
            "public/habitants", "public/riverains", files, "w.yaml", "1.0.0",
            ontology=read_ontology(case), minter=case.minter, released={"public/habitants"},
        )  # fmt: skip
        assert changed.keys() <= files.keys()


WORDS = st.sampled_from(["label", "definition", "note"]) | st.sampled_from(["edtf", "skos:notation", "claimBasis"])


@examples(12)
@given(
    key=WORDS,
    words=st.text(min_size=1, max_size=8) | st.sampled_from(["\u2028", "\ufeff", "\U0010ffff", "<b>&", "\\", '"']),
)
def test_words_go_the_whole_way(case, key, words):
    """Whatever words a build accepts, the release is made, or what is wrong with it is told."""
    text = original(case).decode()
    entry = "- id: affirmation/x\n  type: Claim\n  label: {fr: x, en: x}\n  facts:\n"
    entry += "  - {property: claimAbout, value: initiative/velotheque, quote: son local, modality: self-claim}\n"
    value = json.dumps(words, ensure_ascii=False)
    if ":" in key or key in ("edtf", "claimBasis"):
        entry += f"  - {{property: '{key}', value: {value}, quote: son local, modality: self-claim}}\n"
    elif key == "label":
        entry = entry.replace("{fr: x,", f"{{fr: {value},")
    else:
        entry = entry.replace("  facts:", f"  {key}: {{fr: {value}, en: {value}}}\n  facts:")
    path = case.data / FOLDER / "annotations.yaml"
    path.write_text(f"{text}\n{entry}", encoding="utf-8")
    try:
        with contextlib.suppress(KgError):
            made = make_release(case)
            assert bool(made.files) == made.report.conforms
    finally:
        path.write_text(text, encoding="utf-8")


def test_the_project_is_as_it_was(case):
    """After all of this the project builds as before."""
    assert build(case).quads
    assert tomllib.loads(original(case, f"{FOLDER}/document.toml").decode())["title"] == "L’Atelier du Canal"
