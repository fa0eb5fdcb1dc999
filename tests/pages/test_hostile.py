"""No markup in names, quotes, titles or addresses is run by a page."""

import hashlib
import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import html5rdf
import pytest
from behind_gateway import served_app

from kg.endpoint.evaluation import asker, load
from kg.model.languages import typeset
from kg.model.project import Project
from kg.model.query_files import read_queries
from kg.release.assembly import make_release

HTML = {"Accept": "text/html"}
HARD = (
    "<script>alert(1)</script></title></textarea>--> <img src=x onerror=alert(1)> \"q\" 'a' « l’été » “x” ⋅ · œ é"
    "\u202f! {{ 7*7 }} {% raw %} {n} %3Cb%3E &amp; ]]> javascript:alert(1)"
)
CUT = HARD[: HARD.index(" src")]
"""The beginning of it, up to the end of a word."""

LONG = "très " * 1000 + "long"
TEXT = f"{HARD} L’abri accueille des personnes en 2019. Face au gel, l’abri {HARD} a ouvert."
SETTINGS = f"""\
base = "https://example.org/mini/"
public_url = "https://mini.example.org/"
version = "1.0.0"
released = 2026-01-31

[title]
fr = {json.dumps("Fr " + HARD)}
en = {json.dumps("En " + HARD)}

[description]
fr = {json.dumps("Dit " + HARD)}
en = {json.dumps("Says " + HARD)}

[publisher]
name = {json.dumps("Les " + HARD)}
"""
DOCUMENT = f"""\
title = {json.dumps("Titre " + HARD)}
language = "fr"
sha256 = "{hashlib.sha256(TEXT.encode()).hexdigest()}"
text = "full"
rights = {json.dumps("Droits " + HARD)}

[label]
fr = {json.dumps("Texte " + HARD)}
en = {json.dumps("Text " + HARD)}
"""


def fact(name, value, words, **others):
    """A fact as annotations have it; without a value its words are the value."""
    given = {"property": name, "quote": words, "modality": "reported", **others}
    return given if value is None else {**given, "value": value}


def thing(id_, kind, label, *facts, **others):
    """A thing as annotations have it, with the same label in both languages."""
    return {"id": id_, "type": kind, "label": {"fr": label, "en": label}, "facts": list(facts), **others}


THINGS = [
    thing(
        "initiative/abri",
        "Initiative",
        "Abri " + HARD,
        fact("mentionedAs", None, CUT, occurrence=1),
        fact("respondsTo", "situation/gel", "Face au gel, l’abri", note={"fr": HARD, "en": HARD}),
        fact("targets", "public/long", "L’abri accueille des personnes"),
        fact("startedDuring", "temps/2019", "en 2019"),
        definition={"fr": HARD, "en": HARD},
    ),
    thing("public/long", "PopulationGroup", LONG, fact("mentionedAs", None, "des personnes")),
    thing(
        "situation/gel",
        "Crisis",
        "Gel " + HARD,
        fact("mentionedAs", None, "gel"),
        fact("hasTimeSpan", "temps/2019", "en 2019"),
    ),
    thing(
        "temps/2019",
        "TimeSpan",
        "An " + HARD,
        fact("edtf", "2019", "2019"),
        fact("earliestYear", 2019, "2019"),
        fact("latestYear", 2019, "2019"),
        fact("mentionedAs", None, "2019"),
    ),
]

EXAMPLE = f"""\
#+ summary:
#+   fr: {json.dumps("Question " + HARD)}
#+   en: {json.dumps("Question " + HARD)}
#+ tags: [initiative]

SELECT ?label WHERE {{ ?thing <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }} ORDER BY ?label
"""


@pytest.fixture(scope="module")
def hostile(mini_factory, app, tmp_path_factory):
    """A client of the service of a release in which every text that people write holds markup."""
    root = mini_factory(tmp_path_factory.mktemp("hostile") / "mini").root
    shutil.rmtree(root / "data")
    files = {
        "kg.toml": SETTINGS,
        "data/piege/text.txt": TEXT,
        "data/piege/document.toml": DOCUMENT,
        "data/piege/annotations.yaml": json.dumps(THINGS),
        "queries/examples/001-question.rq": EXAMPLE,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="")
    project = Project.open(root)
    for name, data in make_release(project).files.items():
        (project.dist / name).parent.mkdir(parents=True, exist_ok=True)
        (project.dist / name).write_bytes(data)
    ask = asker(load([project.dist / "graph.nq"]))
    service = served_app(project, ask, folder=project.dist, examples=read_queries(project.examples))
    service.test_client_class = app.test_client_class
    return service.test_client()


def text_of(response):
    """The text of a page as a browser has it; the page is held to run and load nothing but what is ours."""
    tree = html5rdf.HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.text)
    for element in tree.iter():
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        assert element.tag not in {"img", "iframe", "object", "embed", "base", "style"}, element.tag
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "srcdoc"}], attributes
        links = [attributes.get(name, "") for name in ("href", "src", "action", "formaction", "cite")]
        assert not [link for link in links if re.match(r"\s*(javascript|data|vbscript):", link, re.IGNORECASE)]
        if element.tag == "script" and attributes.get("type") in {"application/ld+json", "application/json"}:
            json.loads(element.text)
        elif element.tag == "script":
            assert re.match(r"(\./|\.\./)*static/[\w./-]+\?v=[0-9a-f]{8}$", attributes["src"])
            assert not element.text
    return "".join(tree.itertext())


def pages_of(client):
    """The path of every page that the sitemap names."""
    tree = ET.fromstring(client.get("/sitemap.xml").data)
    return [urlsplit(each.text).path for each in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]


def test_no_page_runs_anything_that_its_texts_hold(hostile):
    """Every page of the sitemap, in both languages, is sound HTML that runs nothing of what its texts hold."""
    paths = pages_of(hostile)

    assert len(paths) > 60
    for path in paths:
        response = hostile.get(path, headers=HTML)
        assert response.status_code == 200, path
        if response.mimetype == "text/html":
            text_of(response)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", ["Fr " + HARD, "Dit " + HARD, "Les " + HARD, "Question " + HARD, "Texte " + HARD]),
        ("/en/", ["En " + HARD, "Says " + HARD, "Text " + HARD]),
        ("/text/piege", ["Titre " + HARD, "Droits " + HARD, "Abri " + HARD, "Gel " + HARD, CUT, LONG]),
        ("/doc/initiative/abri", ["Abri " + HARD, "Gel " + HARD, HARD, "Texte " + HARD, LONG]),
        ("/doc/public/long", [LONG, "Abri " + HARD]),
        ("/doc/document/piege", ["Texte " + HARD, "Droits " + HARD]),
        ("/things/initiative", ["Abri " + HARD, "Gel " + HARD, "An " + HARD]),
        ("/things/public", [LONG[:240]]),
        ("/things/document", ["Texte " + HARD]),
        ("/search?q=abri", ["Abri " + HARD]),
        ("/timeline", ["Gel " + HARD]),
        ("/examples", ["Question " + HARD]),
        ("/examples/001-question", ["Question " + HARD, "Abri " + HARD]),
        ("/sparql", ["Question " + HARD]),
        ("/releases", ["Fr " + HARD]),
        ("/download/", ["Texte " + HARD]),
    ],
)
def test_words_are_shown_as_they_are(hostile, path, shown):
    """What people wrote is read on the page, typeset at most, however much it looks like markup or a template."""
    text = text_of(hostile.get(path, headers=HTML))
    tongue = "en" if path.startswith("/en") else "fr"

    assert [words[:200] for words in shown if words not in text and typeset(words, tongue) not in text] == []


@pytest.mark.parametrize(
    "path", ["/feed", "/sitemap.xml", "/timeline.svg", "/en/timeline.svg", "/doc/initiative/abri.rdf"]
)
def test_files_in_xml_are_well_formed_without_foreign_elements(hostile, path):
    """Files in XML are well-formed, and no element of theirs is one that a text brought with it."""
    tree = ET.fromstring(hostile.get(path).data)

    assert not [each.tag for each in tree.iter() if each.tag.rpartition("}")[2] in {"script", "img", "textarea"}]
    assert path == "/sitemap.xml" or "<script>alert(1)</script>" in "".join(tree.itertext())


def test_suggestions_lead_to_pages_of_the_service_only(hostile):
    """Suggestions are data, and none leads anywhere but to a page of the service."""
    response = hostile.get("/suggest?q=abri")

    assert response.mimetype == "application/json"
    assert "<" not in response.headers["Content-Type"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert {urlsplit(urljoin("http://h/", each["href"])).netloc for each in response.json["suggestions"]} == {"h"}


ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}",
    "javascript:alert(1)",
    "\u202e\u0000\u0085\ufffe</title>",
    "é" * 1000,
    "%3Cscript%3E",
    "a\r\nSet-Cookie: b=c",
]
ROUTES = (Path(__file__).parent / "cases" / "addresses.txt").read_text(encoding="utf-8").split()
"""Addresses with a place for an attack: each route that has a part or a parameter of its own."""


@pytest.mark.parametrize("route", [*ROUTES, *("/en" + route for route in ROUTES if "/reconcile" not in route)])
def test_no_answer_runs_anything_that_its_address_holds(hostile, route):
    """Whatever an address holds, the answer is a page that runs nothing of it, or data that no browser runs."""
    for attack in ATTACKS:
        response = hostile.get(route.format(quote(attack, safe="")), headers=HTML)

        assert response.status_code < 500, attack
        assert "Set-Cookie" not in response.headers
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        if response.mimetype == "text/html" and response.status_code not in {301, 302, 303, 308}:
            text_of(response)
        elif "javascript" in response.mimetype:
            assert not response.text.lstrip("/* \n").startswith(attack)
        where = urlsplit(urljoin("http://localhost/", response.headers.get("Location", "")))
        assert (where.scheme, where.netloc) == ("http", "localhost")
