"""The static site is whole, linked, the same each time, and written over nothing else."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from pyoxigraph import RdfFormat, parse

from kg.cli.program import program
from kg.model.errors import ReleaseError
from kg.model.iris import DCAT, VOID
from kg.release.assembly import make_release
from kg.release.folder import write_release
from kg.static_site.crawl import FetchedAddress, SiteSource, crawl
from kg.static_site.site_builder import build_site, replace_site, write_mark
from kg.static_site.site_links import address_of, file_of, is_wanted, link_to, links, relink

BROWSER = Path(__file__).parents[2] / "kg" / "static_site" / "browser"
HERE = "http://host.example/below/"
SKIPPED = re.compile(r"(?:/en)?/(?:doc|id)/(?:assertion|passage)/atelier-du-canal/")
"""The pages of the statements and passages of one of the two documents: a third of all pages."""

DRIVER = """
if __name__ == "__main__":  # not in the worker processes, which import this module
    import kg.static_site.crawl
    from kg.cli import main
    from static_site.test_static_site import is_small

    kg.static_site.crawl.is_wanted = is_small
    main()
"""
"""Runs the program for a site of these pages only."""


def is_small(address):
    """Return whether the site has an address in these tests."""
    return is_wanted(address) and not SKIPPED.match(address)


@pytest.fixture(scope="module")
def root(tmp_path_factory, mini_factory):
    """The small project with its release."""
    project = mini_factory(tmp_path_factory.mktemp("site") / "mini")
    write_release(make_release(project).files, project.dist)
    return project.root


@pytest.fixture(scope="module")
def made(root, tmp_path_factory):
    """The site of the small project: its folder, and what was told of it."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kg.static_site.crawl.is_wanted", is_small)
        return folder, build_site(SiteSource(root, root / "dist"), folder)


@pytest.fixture(scope="module")
def folder(made):
    """The folder of the site of the small project."""
    return made[0]


class Page(HTMLParser):
    """What a page leads to, and the names of its places, as a parser of HTML reads them."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.public = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given["id"]} if "id" in given else set()
        if tag == "link" and given.get("rel") in {"canonical", "alternate"} and given["href"].startswith("http"):
            self.public.append((given["rel"], given["href"]))
        else:
            self.links += [given[name] for name in ("href", "src", "action", "cite") if name in given]
        if given.get("http-equiv") == "refresh":
            self.links.append(given["content"].partition("url=")[2])


def pages(folder):
    """The pages of a site, by file; but for the one for what is not there, whose links begin at the host."""
    every = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html")))
    return {file: Page((folder / file).read_text(encoding="utf-8")) for file in every if file != "404.html"}


def target(folder, file, link):
    """The file that a link of a file leads to as a host of files finds it, and the fragment; None for another host."""
    parts = urlsplit(urljoin(HERE + file, link))
    if not parts.geturl().startswith(HERE):
        return None
    path = unquote(parts.geturl().removeprefix(HERE).partition("#")[0].partition("?")[0])
    return (f"{path}index.html" if (folder / path).is_dir() else path), unquote(parts.fragment)


def test_no_link_is_broken(folder):
    """Every link, picture, script and style of every page is a file of the site, and every fragment is in its page."""
    read = pages(folder)
    broken = []
    for file, page in read.items():
        for link in page.links:
            found = target(folder, file, link)
            if found is None:
                continue
            there, fragment = found
            if not (folder / there).is_file():
                broken.append(f"{file}: {link}")
            elif fragment and there in read and fragment not in read[there].ids | {"answer"}:
                broken.append(f"{file}: {link} (no such place)")

    assert len(read) > 500
    assert broken == []


def test_styles_find_their_files(folder):
    """Every file that a style sheet takes is in the site."""
    for sheet in folder.rglob("*.css"):
        for link in re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.read_text(encoding="utf-8")):
            assert link.startswith("data:") or (sheet.parent / link.partition("?")[0]).is_file(), f"{sheet}: {link}"


def test_no_endpoint_is_advertised_that_a_site_of_files_has_not(folder):
    """Catalogue, VoID and start page name no SPARQL endpoint and no service, and still describe the data set."""
    described = [folder / "catalog.ttl", folder / ".well-known" / "void"]
    for file in described:
        triples = list(parse(file.read_bytes(), format=RdfFormat.TURTLE))
        named = {term.value for triple in triples for term in (triple.predicate, triple.object)}
        assert not named & {f"{DCAT}DataService", f"{DCAT}service", f"{DCAT}endpointURL", f"{VOID}sparqlEndpoint"}, file
        assert {f"{DCAT}Dataset", f"{VOID}Dataset"} & named, file
    assert "Adresse pour les programmes" not in (folder / "index.html").read_text(encoding="utf-8")


def test_one_set_of_addresses(folder, root):
    """The site map, the pages that the service serves and the files are one set, but for pages of what is withdrawn."""
    public = "https://mini.example.org/"
    every = re.findall(r"<loc>([^<]*)</loc>", (folder / "sitemap.xml").read_text(encoding="utf-8"))
    listed = {url for url in every if is_small(f"/{url.removeprefix(public)}")}
    mapped = {file_of(f"/{url.removeprefix(public)}", "text/html") for url in listed}
    read = pages(folder)
    own = {file for file in read if "=" not in file and not file.startswith("id/")}
    client = SiteSource(root, root / "dist").application().test_client()

    gone = own - mapped
    answered = {
        file: client.get(f"/{file.removesuffix('.html').removesuffix('index')}", headers={"Accept": "text/html"})
        for file in own
    }

    assert mapped <= own
    assert gone
    assert {file for file, answer in answered.items() if answer.status_code == 410} == gone
    assert {file for file, answer in answered.items() if answer.status_code == 200} == mapped
    assert {dict(read[file].public)["canonical"] for file in mapped} == listed


def test_each_list_has_a_file_for_each_set(folder):
    """A list leads to the file of what the texts state and to that of what editors infer, in both languages."""
    for path in (
        folder / f"{language}things/{kind}.html" for language in ("", "en/") for kind in ("initiative", "organisation")
    ):
        links = {unquote(link) for link in Page(path.read_text(encoding="utf-8")).links}
        for name in (f"{path.stem}.set=stated.html", f"{path.stem}.set=inferred.html"):
            assert path.with_name(name).is_file(), name
            assert name in links


def test_formats_of_a_thing(folder):
    """A thing has its page in both languages, its four formats, and its identifier leads to its page."""
    name = f"initiative/{min((folder / 'doc/initiative').glob('*.html')).stem}"
    for ending in (".html", ".ttl", ".jsonld", ".nt", ".rdf"):
        assert (folder / f"doc/{name}{ending}").stat().st_size, ending
    assert (folder / f"en/doc/{name}.html").is_file()
    moved = (folder / f"id/{name}.html").read_text(encoding="utf-8")
    assert f'content="0; url=../../doc/{name}.html"' in moved
    assert f'<link rel="canonical" href="https://mini.example.org/doc/{name}">' in moved
    assert "<script" not in moved


def test_policy_of_pages(folder):
    """Every page says what it may load; the query page alone may run WebAssembly, and none has a script in its text."""
    for path in folder.rglob("*.html"):
        file, text = path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")
        if file.startswith("id/") or file == "404.html":
            continue
        (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)
        assert text.index("Content-Security-Policy") < text.index("<script"), file
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors" not in policy
        is_query = re.fullmatch(r"(en/)?sparql(\..*)?\.html", file) is not None
        assert ("'wasm-unsafe-eval'" in policy) is is_query, file


def test_hosts_are_told_the_media_types(folder):
    """GitHub Pages is told to leave the files alone, and other hosts the media types of RDF."""
    assert (folder / ".nojekyll").read_bytes() == b""
    assert "/*.ttl\n  Content-Type: text/turtle; charset=utf-8\n" in (folder / "_headers").read_text()
    assert "/.well-known/void\n  Content-Type: text/turtle\n" in (folder / "_headers").read_text()
    assert "AddType 'application/ld+json' .jsonld\n" in (folder / ".htaccess").read_text()
    lost = (folder / "404.html").read_text(encoding="utf-8")
    assert 'href="/static/style.css?v=' in lost
    assert "<h1>Page introuvable</h1>" in lost


def test_nothing_of_the_machine(folder, root):
    """No page names a folder of the machine that made it, or the address under which it was asked."""
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert str(root) not in text
        assert "localhost" not in text


def test_what_was_made_is_counted_and_told(made):
    """What was made is counted, what needs a service is named, and no address leads nowhere."""
    folder, told = made
    files = [path for path in folder.rglob("*") if path.is_file()]

    assert (told.files, told.bytes) == (len(files), sum(path.stat().st_size for path in files))
    assert {"/openapi.json", "/reconcile"} <= set(told.left_out)
    assert told.lost == {}


def digests(folder):
    """The hash of each file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_site_has_the_same_bytes_each_time(root, folder, tmp_path):
    """The command writes the same bytes with another hash seed, time zone and folder, and in several processes."""
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(root, elsewhere)
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LANG": "C", "PYTHONPATH": path}
    (tmp_path / "driver.py").write_text(DRIVER)
    command = [sys.executable, str(tmp_path / "driver.py"), "--project", str(elsewhere), "site", str(tmp_path / "out")]
    command += ["--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "pages" in done.stdout
    assert digests(tmp_path / "out") == digests(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["driver.py", "elsewhere", "out"]


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_site_stays(tmp_path, kind):
    """A file, a folder with something else in it and a link are refused, and are as they were."""
    target = tmp_path / "target"
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        shutil.copytree(other, target)
    else:
        target.symlink_to(other)
    with pytest.raises(ReleaseError, match="Choose another"), replace_site(target):
        pytest.fail("nothing is written")

    assert (target if kind == "file" else target / "letter.txt").read_text() == "mine"


def _fail(draft):
    (draft / "index.html").write_text("half")
    raise ReleaseError("page x cannot be made")


def test_a_site_is_replaced_whole(tmp_path):
    """A site takes the place of an older one when it is whole; what fails leaves the older one as it was."""
    target = tmp_path / "target"
    for text in ("old", "new"):
        with replace_site(target) as draft:
            (draft / "index.html").write_text(text)
            write_mark(draft)
        assert (target / "index.html").read_text() == text
    with pytest.raises(ReleaseError, match="page x"), replace_site(target) as draft:
        _fail(draft)

    assert (target / "index.html").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_what_was_put_into_a_site_stays(tmp_path):
    """A site into which something else was put, as the repository that it is published from, is not replaced."""
    target = tmp_path / "target"
    target.mkdir()
    write_mark(target)
    (target / ".git").mkdir()
    with pytest.raises(ReleaseError, match=r"\.git is not of the site"), replace_site(target):
        pytest.fail("nothing is written")

    assert (target / ".git").is_dir()


def test_what_killed_runs_left(tmp_path):
    """What a run that was killed left beside the site goes with the next run, and a site set aside comes back."""
    target = tmp_path / "target"
    (tmp_path / ".target.draft-4194305").mkdir()
    (tmp_path / ".target.previous").mkdir()
    write_mark(tmp_path / ".target.previous")
    with pytest.raises(ReleaseError, match="page x"), replace_site(target) as draft:
        _fail(draft)

    assert [path.name for path in tmp_path.iterdir()] == ["target"]
    assert (target / ".kg-site").is_file()


def test_every_option_is_documented():
    """Each option of the command stands on its page, and each that stands there is one."""
    page = (Path(__file__).parents[2] / "docs" / "site.md").read_text(encoding="utf-8")
    options = {name for option in program.commands["site"].params for name in option.opts if name.startswith("--")}

    assert set(re.findall(r"^\| `(--[\w-]+)` \|", page, re.MULTILINE)) == options


def test_without_a_release(tmp_path, mini_factory):
    """Where nothing was built yet the command says so, and makes no folder."""
    from click.testing import CliRunner

    mini_factory(tmp_path / "mini")
    result = CliRunner().invoke(program, ["--project", str(tmp_path / "mini"), "site", str(tmp_path / "out")])

    assert result.exit_code == 2
    assert "Run 'kg build' first." in result.output
    assert not (tmp_path / "out").exists()


ADDRESSES = [
    ("/", "text/html", "index.html"),
    ("/en/", "text/html", "en/index.html"),
    ("/download/", "text/html", "download/index.html"),
    ("/doc/initiative/lhss", "text/html", "doc/initiative/lhss.html"),
    ("/doc/initiative/lhss.ttl", "text/turtle", "doc/initiative/lhss.ttl"),
    ("/ontology/0.2.0", "text/html", "ontology/0.2.0.html"),
    ("/graph/things", "text/turtle", "graph/things.ttl"),
    ("/feed", "application/atom+xml", "feed.xml"),
    ("/.well-known/void", "text/turtle", ".well-known/void"),
    ("/download/SHA256SUMS", "text/plain", "download/SHA256SUMS"),
    ("/download/tables/csv-metadata.json", "application/csvm+json", "download/tables/csv-metadata.json"),
    ("/timeline.svg", "image/svg+xml", "timeline.svg"),
    ("/timeline.svg?page=2", "image/svg+xml", "timeline.page=2.svg"),
    ("/text/sos?kind=temps", "text/html", "text/sos.kind=temps.html"),
    ("/things/x?a=situation%2Fgilets-jaunes", "text/html", "things/x.a=situation_2Fgilets-jaunes.html"),
    ("/things/x?dct%3Atype=a_b&page=2", "text/html", "things/x.dct_3Atype=a_5Fb+page=2.html"),
    ("/things/x?a=" + "y" * 300, "text/html", ""),
]


@pytest.mark.parametrize(("address", "media_type", "file"), ADDRESSES)
def test_file_of_an_address(address, media_type, file):
    """An address is in a file whose name says its media type and its parameters; none where the name is too long."""
    assert file_of(address, media_type) == file


@pytest.mark.parametrize(
    ("link", "page", "address"),
    [
        ("../initiative/act#x", "/doc/public/y", "/doc/initiative/act"),
        ("../../?lang=fr", "/en/things", "/"),
        ("../static/style.css?v=12", "/en/things", "/static/style.css"),
        ("sparql?query=ASK%20%7B%7D", "/", "/sparql"),
        ("sparql?example=012", "/", "/sparql?example=012"),
        ("search?q=sdf", "/en/", "/en/search"),
        ("?sort=name&page=2", "/things/x", "/things/x?page=2&sort=name"),
        ("doc/x/y.html", "/", "/doc/x/y"),
        ("https://elsewhere.example/", "/", None),
        ("mailto:a@b.example", "/", None),
        ("http://[broken", "/", None),
    ],
)
def test_address_of_a_link(link, page, address):
    """A link means an address of the service, without what changes nothing there or is worked out in the browser."""
    found = address_of(link, page)

    assert (found[0] if found else None) == address


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("/things/x?respondsTo=y", True),
        ("/things/x?page=2&respondsTo=y", True),
        ("/things/x?respondsTo=y&targets=z", False),
        ("/things/x?sort=name", False),
        ("/reconcile", False),
        ("/en/suggest", False),
        ("/doc/../kg.toml", False),
        ("/doc/a%2F..%2F..%2Fb", False),
        ("/doc/a%00", False),
    ],
)
def test_what_a_site_has(address, wanted):
    """A site has the pages and one choice of each list, nothing that needs a service, and nothing outside of it."""
    assert is_wanted(address) is wanted


def test_links_between_files():
    """Links are relative, so that a site stands under any path; a start page is named by its folder."""
    assert link_to("doc/a/b.html", "en/doc/a/b.html") == "../../../doc/a/b.html"
    assert link_to("index.html", "en/index.html") == "../"
    assert link_to("index.html", "index.html") == "./"
    assert link_to("doc/d_2F.html", "doc/x.html") == "d_2F.html"
    assert link_to("things/x.a=é.html", "things.html") == "things/x.a=%C3%A9.html"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a class="k" href="there">x</a>', '<a class="k" href="there.html">x</a>'),
        ('<a href="lost" hreflang="en" rel="next">x</a>', "<a>x</a>"),
        ('<link rel="alternate" href="lost">', ""),
        ('<form action="lost" method="get">', '<form method="get" hidden>'),
        ('<form action="there" method="get">', '<form method="get" hidden>'),
        ('<form action="asked" method="get">', '<form action="asked.html" method="get">'),
        ('<q cite="there">x</q>', '<q cite="there.html">x</q>'),
        ('<script src="there" defer></script>', '<script src="there.html" defer></script>'),
        ('<script type="application/json">{"a": "<a href=\\"lost\\">"}</script>',) * 2,
        ('<!-- <a href="lost"> -->',) * 2,
        ("<p>a &lt;a href=&#34;lost&#34;&gt;</p>",) * 2,
        ('<abbr title="lost">x</abbr><a href="#here">y</a>',) * 2,
    ],
)
def test_links_of_a_page(before, after):
    """Links are put in other words where they are links; what leads nowhere stays as words."""

    def resolve(link):
        return link if link.startswith("#") else None if link == "lost" else f"{link}.html"

    assert relink(before, resolve, lambda link: link == "asked") == after


def test_markup_in_a_label_is_no_link():
    """A label that looks like markup is neither followed nor changed."""
    label = "&lt;a href=&#34;lost&#34;&gt; « l’été »"

    assert list(links(f'<a href="there?a=1&amp;b=2" title="{label}">{label}</a>')) == ["there?a=1&b=2"]


def test_what_leads_nowhere_is_told():
    """An address that a page leads to and the service does not have is told with the page; an optional one is not."""
    answers = {
        "/": FetchedAddress("/", 200, "index.html", ("/lost", "/a", "/reconcile"), policy="x"),
        "/a": FetchedAddress("/a", 303, "a.html", ("/gone",), moved="/gone"),
    }
    found = crawl(
        lambda todo: (answers.get(each, FetchedAddress(each, 404)) for each in todo), ["/"], ["/may-be"], print
    )

    assert found.lost == {"/a": "/", "/gone": "/a", "/lost": "/"}
    assert found.left_out == {"/reconcile"}
    assert found.files == {"/": "index.html"}


def test_two_addresses_in_one_file():
    """Two addresses whose files would have one name are an error that names both."""
    answers = {"/a": FetchedAddress("/a", 200, "x.html"), "/b": FetchedAddress("/b", 200, "x.html")}
    with pytest.raises(ReleaseError, match=r"/b and /a would both be the file x\.html"):
        crawl(lambda todo: (answers[each] for each in todo), ["/a", "/b"], [], print)
