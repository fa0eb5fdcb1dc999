"""The proxy configurations of deploy/, with nginx and Apache before the service."""

import http.client
import json
import os
import re
import select
import shutil
import ssl
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from docs.session import free_port
from faults.service import ROOT, make_root, service

from kg.endpoint.gateway.client_limits import BODY_SECONDS, MAX_ADDRESS, MAX_BODY
from kg.model.settings import SETTINGS

DEPLOY = ROOT / "deploy"
HOST, PREFIX = "data.example.net", "/quartier"
CERTIFICATES = f"/etc/letsencrypt/live/{HOST}"
BEHIND = "http://127.0.0.1:8000/"
MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authz_core", "proxy", "proxy_http", "headers", "ssl", "alias")
NGINX = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
APACHE = """\
ServerRoot {folder}
ServerName {host}
PidFile {folder}/pid
ErrorLog {folder}/log
DefaultRuntimeDir {folder}
User nobody
{modules}
Listen 127.0.0.1:{plain}
Listen 127.0.0.1:{secure}
Include {folder}/site.conf
"""
SLOW = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?c != ?i) } ORDER BY ?a"


@pytest.fixture(scope="module")
def behind(tmp_path_factory, release):
    """The service, started as the unit starts it."""
    root = make_root(tmp_path_factory.mktemp("behind") / "project", dict(release.files))
    arguments = ("--trust-proxy", 1, "--public-url", f"https://{HOST}{PREFIX}/", "--access-log")
    with service(root, *arguments) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory, require):
    """A folder with a certificate for the host, made out by itself."""
    require(shutil.which("openssl") is not None, "proxies", "openssl")
    folder = tmp_path_factory.mktemp("certificate")
    folder.chmod(0o755)
    subject = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-days", "2"]
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *subject, *files],
        check=True,
        capture_output=True,
    )
    return folder


class Proxy:
    """A proxy that runs: asked for paths, as a client that trusts its certificate does."""

    def __init__(self, plain, secure, certificate):
        self.plain, self.secure = plain, secure
        self._trust = ssl.create_default_context(cafile=certificate / "fullchain.pem")

    def ask(self, path, method="GET", body=None, *, secure=True, **headers):
        """The status, the headers and the body of the answer."""
        if secure:
            connection = http.client.HTTPSConnection("127.0.0.1", self.secure, timeout=60)
            # The connection goes to this machine, but the certificate is that of the host.
            connection.connect = lambda: _connect(connection, self._trust)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.plain, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": HOST, **named})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


def _connect(connection, trust):
    http.client.HTTPConnection.connect(connection)
    connection.sock = trust.wrap_socket(connection.sock, server_hostname=HOST)


@pytest.fixture(scope="module", params=["nginx", "apache"])
def proxy(request, require, behind, certificate, tmp_path_factory):
    """Each of the two proxies in its turn, set up by its file of deploy/."""
    plain, secure = free_port(), free_port()
    folder = tmp_path_factory.mktemp(request.param)
    folder.chmod(0o755)
    site = (DEPLOY / f"{request.param}.conf").read_text(encoding="utf-8")
    for old, new in (
        (CERTIFICATES, str(certificate)),
        (BEHIND, behind.address),
        *((f"listen {old}", f"listen 127.0.0.1:{new}") for old, new in ((80, plain), (443, secure))),
        *((f"*:{old}>", f"127.0.0.1:{new}>") for old, new in ((80, plain), (443, secure))),
    ):
        site = site.replace(old, new)
    (folder / "site.conf").write_text(re.sub(r"^ *listen \[::\].*\n", "", site, flags=re.MULTILINE), encoding="utf-8")
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
    values = {"folder": folder, "host": HOST, "modules": modules, "plain": plain, "secure": secure}
    (folder / "main.conf").write_text({"nginx": NGINX, "apache": APACHE}[request.param].format(**values))
    if request.param == "nginx":
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        require(program is not None, "proxies: nginx", "nginx")
        command = [program, "-p", folder, "-c", folder / "main.conf", "-e", folder / "log"]
    else:
        program = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
        require(program is not None and MODULES.is_dir(), "proxies: Apache", "apache2")
        command = [program, "-X", "-f", folder / "main.conf"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_for(process, plain, folder / "log")
            yield Proxy(plain, secure, certificate)
        finally:
            process.kill()


def _wait_for(process, port, log):
    """Wait until the proxy answers, or fail with what it says."""
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.connect()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    process.kill()
    pytest.fail(f"The proxy does not answer: {process.communicate()[1]} {log.read_text() if log.exists() else ''}")


class Links(HTMLParser):
    """What a page loads and links to."""

    def __init__(self, page):
        super().__init__()
        self.found = set()
        self.feed(page)

    def handle_starttag(self, _, attrs):
        self.found |= {value for name, value in attrs if name in {"href", "src"} and value and value[0] != "#"}


@pytest.mark.parametrize("path", ["/en/", "/en/doc/initiative/lhss", "/sparql?query=ASK%20%7B%7D"])
def test_links_and_assets_of_pages_stay_under_the_path(proxy, path):
    """What a page under the path loads and links to is under the path too, and exists."""
    address = f"https://{HOST}{PREFIX}{path}"
    status, _, body = proxy.ask(f"{PREFIX}{path}", Accept="text/html")
    found = {urljoin(address, link).partition("#")[0] for link in Links(body.decode()).found}
    here = sorted(link for link in found if urlsplit(link).netloc == HOST)
    outside = [link for link in here if not link.startswith(f"https://{HOST}{PREFIX}/")]
    asked = [f"{urlsplit(link).path}?{urlsplit(link).query}".rstrip("?") for link in here]
    lost = [link for link in asked[:12] if proxy.ask(link, Accept="text/html")[0] not in {200, 303}]

    assert status == 200
    assert len(here) > 10
    assert (outside, lost) == ([], [])


def test_plain_http_and_the_host_lead_to_the_path(proxy):
    """Plain HTTP leads to HTTPS, the path without its slash to the path, and the host’s own VoID address to ours."""
    plain = proxy.ask(f"{PREFIX}/en/", secure=False)
    bare = proxy.ask(PREFIX)
    void = proxy.ask("/.well-known/void")

    assert (plain[0], plain[1]["Location"]) == (301, f"https://{HOST}{PREFIX}/en/")
    assert (bare[0], urlsplit(bare[1]["Location"]).path) == (301, f"{PREFIX}/")
    assert (void[0], urlsplit(void[1]["Location"]).path) == (302, f"{PREFIX}/.well-known/void")
    assert proxy.ask(urlsplit(void[1]["Location"]).path)[0] == 200


def test_a_thing_leads_to_its_document_under_the_path(proxy):
    """A thing leads with 303 to its document under the path, whose links have the public address."""
    status, headers, _ = proxy.ask(f"{PREFIX}/id/initiative/lhss")
    there = urlsplit(urljoin(f"https://{HOST}{PREFIX}/id/initiative/lhss", headers["Location"]))
    turtle = proxy.ask(there.path, Accept="text/turtle")

    assert (status, there.netloc, there.path) == (303, HOST, f"{PREFIX}/doc/initiative/lhss")
    assert turtle[0] == 200
    assert f"<https://{HOST}{PREFIX}/releases/" in ", ".join(turtle[1].get_all("Link"))


def test_queries_by_get_and_post_are_answered_and_compressed(proxy):
    """Queries are answered by GET and POST, with graphs named in the address; the service compresses the answers."""
    asked = quote("ASK { ?s ?p ?o }")
    graph = quote("https://w3id.org/social-response/graph/things", safe="")
    form = {"Content_Type": "application/sparql-query"}

    assert json.loads(proxy.ask(f"{PREFIX}/sparql?query={asked}")[2])["boolean"] is True
    assert json.loads(proxy.ask(f"{PREFIX}/sparql", "POST", "ASK {}", **form)[2])["boolean"] is True
    assert proxy.ask(f"{PREFIX}/rdf-graph-store?graph={graph}")[0] == 200
    assert proxy.ask(f"{PREFIX}/graph/things", Accept_Encoding="gzip")[1]["Content-Encoding"] == "gzip"


def test_query_strings_get_through_up_to_the_limit_of_the_service(proxy):
    """A query string up to the service's limit gets through; of a longer one the service says what to do."""
    longest = f"query={quote('ASK {}')}&x="
    at_most = proxy.ask(f"{PREFIX}/sparql?{longest}{'x' * (MAX_ADDRESS - len(longest))}")
    too_long = proxy.ask(f"{PREFIX}/sparql?{longest}{'x' * MAX_ADDRESS}")

    assert at_most[0] == 200
    assert (too_long[0], json.loads(too_long[2])["code"]) == (414, "too-long")


def test_bodies_get_through_up_to_the_limit_of_the_service(proxy):
    """A body up to the service's limit reaches it and gets its verdict; a longer one is refused."""
    form = {"Content_Type": "application/sparql-query"}
    at_most = proxy.ask(f"{PREFIX}/sparql", "POST", b"#" * MAX_BODY, **form)
    too_large = proxy.ask(f"{PREFIX}/sparql", "POST", b"#" * (MAX_BODY + 1), **form)

    assert (at_most[0], json.loads(at_most[2])["code"]) == (413, "too-large")
    assert too_large[0] == 413


def test_the_service_ends_a_long_query_and_says_so(proxy):
    """It is the service and not the proxy that ends a long query, with its own message."""
    status, _, body = proxy.ask(f"{PREFIX}/sparql?timeout=1&query={quote(SLOW)}")

    assert (status, json.loads(body)["code"]) == (504, "timeout")


def test_the_log_names_the_client_that_the_proxy_saw(proxy, behind):
    """The log names the client that the proxy was called by, whatever the client says of itself."""
    lies = {"X_Forwarded_For": "192.0.2.66", "X_Forwarded_Host": "evil.example", "X_Forwarded_Prefix": "/evil"}
    status, headers, _ = proxy.ask(f"{PREFIX}/health", **lies)
    page = proxy.ask(f"{PREFIX}/en/", Accept="text/html", **lies)[2].decode()

    assert status == 200
    assert "evil" not in f"{page}{headers}"
    assert clients_of(behind.process.stdout.fileno()) == ["127.0.0.1"]


def clients_of(stream):
    """The clients that the log has named since it was last read."""
    text = ""
    while select.select([stream], [], [], 1)[0]:
        text += os.read(stream, 65_536).decode()
    return sorted({json.loads(line)["client"] for line in text.splitlines() if line.startswith("{")})


def test_timeouts_are_above_ours():
    """Each proxy waits longer than the service may take for a body and a query together, with time to spare."""
    limits = {setting.key: setting.default for setting in SETTINGS}
    ours = limits["limits.seconds"] + BODY_SECONDS + 10
    nginx = re.findall(r"proxy_(?:read|send)_timeout (\d+)s;", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))
    apache = re.findall(r"ProxyTimeout (\d+)", (DEPLOY / "apache.conf").read_text(encoding="utf-8"))

    assert len(nginx) == 2
    assert len(apache) == 1
    assert all(int(seconds) > ours for seconds in (*nginx, *apache))
