"""Broken releases are refused, and the service needs neither rights nor a writable disk."""

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from faults.client import Connection, ask, asking, once, request
from faults.service import end, make_root, service, start

from kg.release.folder import write_release

MARK = b'<http://ex/%d> <http://ex/release> "%s" <https://w3id.org/social-response/graph/swap> .\n'
OF_RELEASE = "SELECT ?o { ?s <http://ex/release> ?o } # %s"
ROWS = 300


def marked(files, letter):
    """The files of a release of which every answer tells that it is that one."""
    graph = files["graph.nq"] + b"".join(MARK % (n, letter.encode()) for n in range(ROWS))
    return {**files, "graph.nq": graph}


def refused(root, *arguments):
    """What a service says that does not start, and its exit code."""
    process = start(root, "--port", 0, *arguments)
    try:
        process.wait(60)
    finally:
        said = end(process)
    return process.returncode, said


def cut(dist):
    (dist / "graph.nq").write_bytes((dist / "graph.nq").read_bytes()[:-30])


def change(dist):
    graph = (dist / "graph.nq").read_bytes()
    (dist / "graph.nq").write_bytes(graph + b"<http://ex/a> <http://ex/b> <http://ex/c> .\n")


def fill_with_zeros(dist):
    (dist / "graph.nq").write_bytes(bytes(100_000))


def empty(dist):
    (dist / "graph.nq").write_bytes(b"")


def leave_out(name):
    def left_out(dist):
        (dist / name).unlink()

    return left_out


def remove(dist):
    shutil.rmtree(dist)


def overwrite(name):
    def overwritten(dist):
        (dist / name).write_bytes(b"\xff\0")

    return overwritten


def no_file(dist):
    (dist / "graph.nq").unlink()
    (dist / "graph.nq").mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, "graph.nq"),
        (change, "graph.nq: this is not the graph that was released"),
        (fill_with_zeros, "graph.nq"),
        (empty, "graph.nq"),
        (leave_out("graph.nq"), "there is no release yet"),
        (leave_out("SHA256SUMS"), "there is no release yet"),
        (remove, "there is no release yet"),
        (no_file, "there is no release yet"),
        (overwrite("SHA256SUMS"), "SHA256SUMS: this is no list of checksums"),
        (overwrite("ontology.ttl"), "ontology.ttl: this is not the file that was released"),
        (leave_out("catalog.ttl"), "catalog.ttl: this file of the release cannot be read: No such file"),
        (leave_out("texts/groupe-sos.txt"), "groupe-sos.txt: this file of the release cannot be read"),
    ],
    ids=["cut", "changed", "zeros", "empty", "no graph", "no sums", "no release", "a folder", "sums that are none",
         "another file", "no catalogue", "no text"],
)  # fmt: skip
def test_a_broken_release_is_refused_at_the_start(tmp_path, files, spoil, words):
    """A release that is not as it was built is refused at the start, with what is wrong and what to do."""
    root = make_root(tmp_path / "project", files)
    spoil(root / "dist")
    code, said = refused(root)

    assert code == 2
    assert words in said
    assert "kg build" in said
    assert "Traceback" not in said


def letter(port):
    """Which release answers now, and nothing but that."""
    response = asyncio.run(ask(port, OF_RELEASE % time.monotonic_ns(), "text/csv"))
    assert response.status == 200
    (found,) = set(response.body.decode().split()[1:])
    return found


def wait_for(port, wanted, seconds=20):
    """Wait until a release is served."""
    until = time.monotonic() + seconds
    while letter(port) != wanted:
        assert time.monotonic() < until, wanted
        time.sleep(0.1)


def test_a_broken_new_release_leaves_the_old_one_serving(tmp_path, files):
    """A broken new release leaves the old one serving and is told of; the next good one is served."""
    root = make_root(tmp_path / "project", marked(files, "A"))
    with service(root, watchful=True) as served:
        assert letter(served.port) == "A"
        broken = marked(files, "B")
        write_release({**broken, "graph.nq": broken["graph.nq"][:-20]}, root / "dist")
        time.sleep(1.5)
        assert letter(served.port) == "A"
        (root / "dist" / "SHA256SUMS").write_text("nothing")
        time.sleep(0.5)
        shutil.rmtree(root / "dist")
        time.sleep(0.5)
        assert letter(served.port) == "A"
        assert served.metrics()["kg_pool_generations"] == 1
        write_release(marked(files, "C"), root / "dist")
        wait_for(served.port, "C")
        said = end(served.process)
    assert said.count("The new release is not served: ") >= 1
    assert "Traceback" not in said


class Watched:
    """Clients that ask all the time while releases are swapped; each answer must be wholly of one release."""

    def __init__(self, port, clients=6):
        self.port = port
        self.clients = clients
        self.count = 0
        self.stopped = False
        self.tags: dict[tuple[int, str], set[str]] = {}
        self.letters: dict[tuple[int, str], set[str]] = {}

    async def ask(self, client):
        """The same few questions again and again, some of them new ones, and a page."""
        kinds = [
            lambda n: asking(OF_RELEASE % (n % 3), "text/csv"),
            lambda n: asking(OF_RELEASE % f"{client} {n}", "text/csv"),
            lambda _: request("/graph/swap", headers={"Accept": "application/n-triples"}),
            lambda _: request("/rdf-graph-store?graph=https://w3id.org/social-response/graph/swap"),
        ]
        async with Connection(self.port) as connection:
            n = 0
            while not self.stopped:
                n += 1
                kind = n % len(kinds)
                response = await connection.exchange(kinds[kind](n))
                assert response.status == 200, response.body[:300]
                found = {
                    mark
                    for mark in "AB"
                    if f'"{mark}"'.encode() in response.body or f"\n{mark}\r" in response.body.decode()
                }
                assert len(found) == 1, found
                assert response.body.count(f"{min(found)}".encode()) >= ROWS
                key = (kind, str(n % 3) if kind == 0 else f"{client} {n}" if kind == 1 else "")
                self.tags.setdefault((key, response.headers["etag"]), set()).add(min(found))
                self.letters.setdefault((key, min(found)), set()).add(response.headers["etag"])
                self.count += 1

    async def while_running(self, work):
        asking_all = [asyncio.ensure_future(self.ask(client)) for client in range(self.clients)]
        try:
            await asyncio.to_thread(work)
        finally:
            self.stopped = True
            await asyncio.gather(*asking_all)


def swap_under_load(root, served, releases, swaps):
    """Swap two releases again and again while clients ask; what the clients have seen."""
    watched = Watched(served.port)

    def work():
        for n in range(1, swaps + 1):
            write_release(releases["AB"[n % 2]], root / "dist")
            if n % 2:  # every other swap is overtaken by the next
                wait_for(served.port, "AB"[n % 2])
        wait_for(served.port, "AB"[swaps % 2])

    asyncio.run(watched.while_running(work))
    return watched


@pytest.mark.alone
def test_swaps_under_load_lose_no_request(tmp_path, files):
    """Fifty swaps lose no request; each answer is wholly of one release, and its ETag that of the same."""
    few = {name: files[name] for name in ("graph.nq", "catalog.ttl")}
    releases = {mark: marked(few, mark) for mark in "AB"}
    root = make_root(tmp_path / "project", releases["A"])
    with service(root, watchful=True, stderr=None) as served:
        before = len(served.processes())
        watched = swap_under_load(root, served, releases, 50)
        served.settle()

        assert watched.count > 500
        assert {len(marks) for marks in watched.tags.values()} == {1}
        assert {len(tags) for tags in watched.letters.values()} == {1}
        assert served.metrics()["kg_pool_generations"] == 1
        until = time.monotonic() + 10
        while len(served.processes()) > before or len(served.named("kg-zygote")) > 1:
            assert time.monotonic() < until, served.processes()
            time.sleep(0.1)


def test_the_service_runs_where_it_can_write_nothing(tmp_path, files, require):
    """The service starts and answers where it can write to no file system at all."""
    require(os.geteuid() == 0 and shutil.which("unshare"), "read-only file system", "root and unshare")
    root = make_root(tmp_path / "project", files)
    script = 'mount -o remount,bind,ro / && ! touch "$0/x" 2>/dev/null && exec "$@"'
    with service(root, before=["unshare", "--mount", "sh", "-c", script, str(root)]) as served:
        assert asyncio.run(ask(served.port, "ASK {}")).status == 200
        assert asyncio.run(once(served.port, request("/"))).status == 200
        assert asyncio.run(once(served.port, request("/download/graph.nq"))).status == 200
    assert not list(root.rglob("__pycache__"))


@pytest.fixture
def open_folder():
    """A folder that every user may read; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="kg-faults-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_user_without_rights_can_run_the_service(open_folder, files, require):
    """The service starts and answers as a user who owns nothing and may write nowhere."""
    require(os.geteuid() != 0 or shutil.which("setpriv"), "service as another user", "setpriv")
    root = make_root(open_folder / "project", files)
    # Nobody may read what root may, since interpreter and project may lie in a folder of root.
    nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+dac_read_search"]
    become = ["setpriv", *nobody, "--ambient-caps=+dac_read_search", "--"] if os.geteuid() == 0 else []
    environment = {**os.environ, "HOME": "/nonexistent", "TMPDIR": "/nonexistent"}
    with service(root, before=become, env=environment) as served:
        assert asyncio.run(ask(served.port, "ASK {}")).status == 200
        assert asyncio.run(once(served.port, request("/"))).status == 200
        users = {Path(f"/proc/{pid}").stat().st_uid for pid in served.processes()}
        assert os.geteuid() != 0 or users <= {65534, 0}  # workers are not dumpable, and shown as root's
        assert served.settle()["kg_pool_evaluators"] == 8
