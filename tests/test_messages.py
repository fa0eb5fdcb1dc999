"""Messages have complete catalogues and right typography, and code holds no pairs of languages."""

import ast
import re
import runpy
from pathlib import Path

import pytest

from kg.model import messages
from kg.model.languages import LANGUAGES, typeset
from kg.model.messages import N_, CatalogueError, translate, translate_in, translations

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "kg"
CATALOGUES = {path.parts[-3]: path for path in sorted(PACKAGE.glob("locale/*/LC_MESSAGES/kg.po"))}
TOOL = runpy.run_path(str(ROOT / "assets" / "messages.py"))
PROBLEMS = TOOL["problem_texts"]()
UPDATE = "run `make messages`, and translate what is new"

FRENCH = re.compile("[àâçéèêëîïôùûœÀÂÇÉÈÊÎÔŒ]|« | »")
AS_RELEASED = (
    "Queries the graph with SPARQL 1.1; the address",
    "Each thing, statement, passage and graph at an address",
    "What changed since the version before: things, statements",
    "The whole graph in Turtle 1.2: each assertion reifies",
)
"""How messages begin whose spaces stay as the published releases have them."""

MAY_HOLD_FRENCH = {
    "model/iris.py": "letters that ids spell out",
    "model/languages.py": "months and typography",
    "pages/shared/text_analysis.py": "ligatures, which searches spell out",
    "static_site/browser/words.js": "the same in the browser",
}
"""Files of code that hold French for another reason than to show it, with the reason."""


@pytest.fixture(scope="module")
def template():
    """Every message of the code and the templates."""
    return TOOL["extract"]()


@pytest.fixture(scope="module", params=CATALOGUES)
def catalogue(request):
    """The catalogue of one language."""
    return TOOL["read"](CATALOGUES[request.param])


def forms(text) -> tuple[str, ...]:
    """The forms of a message or a translation: one, or one for each plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def fields(*texts: str) -> set[str]:
    """The names that stand in braces."""
    return {name for text in texts for name in re.findall(r"\{(\w+)(?:!r)?\}", text)}


def listed(catalogue) -> dict:
    """The messages of a catalogue by context and text, without its header."""
    return {(message.context, forms(message.id)): message for message in catalogue if message.id}


def test_each_language_has_a_catalogue():
    """The folders of catalogues are the languages of the program."""
    assert set(CATALOGUES) == set(LANGUAGES)


def test_catalogues_are_complete(catalogue, template):
    """Each message of the code has a translation, and each translation a message."""
    there, needed = listed(catalogue), listed(template)

    assert sorted(map(str, needed.keys() - there.keys())) == [], UPDATE
    assert sorted(map(str, there.keys() - needed.keys())) == [], UPDATE
    assert not catalogue.obsolete, UPDATE
    assert [key for key, message in there.items() if message.fuzzy] == []
    assert [key for key, message in there.items() if not all(forms(message.string))] == [], UPDATE
    assert [key for key, message in there.items() if message.pluralizable != (len(forms(message.string)) > 1)] == []


def test_catalogues_are_as_the_tool_writes_them(catalogue, tmp_path):
    """Messages stand in their fixed order and form, so that changes of two people meet rarely."""
    path = tmp_path / "kg.po"
    TOOL["write"](catalogue, path)

    assert path.read_text() == CATALOGUES[catalogue.locale.language].read_text(), UPDATE


def test_catalogues_are_compiled_as_they_stand(catalogue):
    """What the program reads is what the catalogue says."""
    language = catalogue.locale.language
    compiled = messages._catalogue(language)
    for (context, (message, *more)), entry in listed(catalogue).items():
        if more:
            said = tuple({compiled.ngettext(message, more[0], count) for count in range(30)})
            assert set(said) == set(forms(entry.string)), "run `python hatch_build.py`"
        else:
            said = compiled.pgettext(context, message) if context else compiled.gettext(message)
            assert said == entry.string, "run `python hatch_build.py`"


def test_translations_hold_the_values_of_their_message(catalogue):
    """A translation names the same values in braces; a plural form or the words of a problem may leave some out."""
    wrong = []
    for (_, message), entry in listed(catalogue).items():
        named = [fields(form) for form in forms(entry.string)]
        problem = PROBLEMS.get(message[0], ())
        known = fields(*message, *problem) | ({"retry_after"} if problem else set())
        if any(one - known for one in named) or (not problem and known - set().union(*named)):
            wrong.append((message, entry.string))

    assert wrong == []


QUOTED = re.compile(r"(?<![\w’])'([^']*)'(?!\w)")
"""What a message of the terminal quotes to be typed as it stands."""


def test_all_messages_have_the_right_typography(catalogue):
    """The apostrophe is ’ everywhere; in French spaces before ; : ! ? and inside « » do not break."""
    language = catalogue.locale.language
    shown = {
        key: entry
        for key, entry in listed(catalogue).items()
        if not key[1][0].startswith(AS_RELEASED) and (language != "en" or key[1][0] not in PROBLEMS)
    }
    texts = [QUOTED.sub(r"“\1”", form) for entry in shown.values() for form in forms(entry.string)]

    assert [(text, typeset(text, language)) for text in texts if typeset(text, language) != text] == []


def test_messages_are_english(template):
    """Code and templates hold English: nothing with a French letter, whatever marks it."""
    wrong = [key for key in listed(template) if any(FRENCH.search(form) for form in key[1])]

    assert wrong == []


def calls(tree: ast.AST) -> list[ast.Call]:
    """The calls that name a message in their code."""
    names = (
        "translate",
        "worded",
        "worded_plural",
        "translations",
        "in_all_languages",
        "N_",
        "translate_plural",
        "N_plural",
        "translate_in",
    )
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]


def test_the_tool_sees_each_message_of_the_code(template):
    """No message hides where the tool does not look, as inside an f-string, nor is put together from pieces."""
    texts = {form for _, message in listed(template) for form in message}
    hidden = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in calls(ast.parse(path.read_text(encoding="utf-8"))):
            count = {"translate_plural": 2, "worded_plural": 2, "N_plural": 2, "translate_in": 2}.get(call.func.id, 1)
            shown = [one.value for one in call.args[:count] if isinstance(one, ast.Constant)]
            pieces = [one for one in call.args[:count] if isinstance(one, ast.JoinedStr | ast.BinOp)]
            if pieces or (shown and shown[-1] not in texts):
                hidden.append(f"{path.relative_to(PACKAGE)}:{call.lineno}")

    assert hidden == []


def strings(tree: ast.AST) -> list[ast.Constant]:
    """The string constants of a module that are no docstring."""
    notes = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes
    ]


def test_no_french_in_code_and_templates():
    """French stands in the catalogues; what else needs it is listed with its reason."""
    found = {}
    for path in sorted(PACKAGE.rglob("*")):
        name = path.relative_to(PACKAGE).as_posix()
        if "vendor" in path.parts or name.startswith("starter/"):
            continue
        if path.suffix == ".py":
            texts = [(node.lineno, node.value) for node in strings(ast.parse(path.read_text(encoding="utf-8")))]
        elif path.suffix in {".html", ".svg", ".xml", ".js"}:
            texts = list(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
        else:
            continue
        lines = [f"{name}:{line}" for line, text in texts if FRENCH.search(text)]
        if lines:
            found[name] = lines

    assert {name: lines for name, lines in found.items() if name not in MAY_HOLD_FRENCH} == {}
    assert MAY_HOLD_FRENCH.keys() <= found.keys(), "take it from the list"


def test_a_message_is_filled_with_its_values():
    """Values stand in the place of their names; without values braces stay."""
    assert translate("Part {n} of {all}", "fr", n=2, all=3) == "Partie 2 sur 3"
    assert translate("Part {n} of {all}", "en", n=2, all=3) == "Part 2 of 3"
    assert translate("Part {n} of {all}", "fr") == "Partie {n} sur {all}"
    assert translate(N_("no such message: {n}"), "fr", n=1) == "no such message: 1"


def test_a_message_in_every_language():
    """A map has each language, in the order of the program."""
    assert translations("Sentence {n}", n=4) == {"fr": "Phrase 4", "en": "Sentence 4"}
    assert list(translations("Home")) == list(LANGUAGES)


def test_a_context_tells_two_translations_apart():
    """One English word may have two in another language."""
    assert translate("all", "fr") == "tout"
    assert translate_in("kinds", "all", "fr") == "tous"
    assert translate_in("kinds", "all", "en") == "all"


def test_a_catalogue_that_is_not_compiled_says_what_to_do(monkeypatch, tmp_path):
    """Without the compiled file the error names the command that makes it."""
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    messages._catalogue.cache_clear()
    try:
        with pytest.raises(
            CatalogueError, match=r"kg\.mo: the catalogue is not compiled: run `python hatch_build\.py`"
        ):
            translate("words that nobody has asked for yet", "fr")
    finally:
        messages._catalogue.cache_clear()
