"""HTTP processes are replaced soon, whatever ends them."""

import errno
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the pool needs Linux")

PROGRAM = """
import errno, os, time
from kg.endpoint.serving.server import keep_running

fork, refusals = os.fork, iter([0] + [1] * {refusals})

def fork_or_refuse():
    if next(refusals, 0):
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()

def work():
    print(os.getpid(), flush=True)
    time.sleep(60)

os.fork = fork_or_refuse
keep_running(work, 1, 5)
"""
"""Keeps one process; after the first the machine refuses to start so many more."""


@contextmanager
def kept(refusals):
    """The program, ended whatever happens."""
    command = [sys.executable, "-c", PROGRAM.format(refusals=refusals)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_another_process_is_refused():
    """Where the machine starts no process in the place of one that has ended, it is asked again, and that is told."""
    with kept(2) as process:
        first = int(process.stdout.readline())
        os.kill(first, signal.SIGKILL)
        second = int(process.stdout.readline())
        process.terminate()
        told = process.communicate(timeout=20)[1].splitlines()

    assert first != second
    assert (
        told
        == [f"The HTTP process cannot be started: {os.strerror(errno.EAGAIN)}. Allow more processes. Trying again."] * 2
    )
    assert process.returncode == 0


def test_who_is_told_to_end_asks_for_no_other_process():
    """Who is told to end while it asks for another process ends."""
    with kept(1_000) as process:
        os.kill(int(process.stdout.readline()), signal.SIGKILL)
        assert "Trying again." in process.stderr.readline()
        process.terminate()
        process.communicate(timeout=20)

    assert process.returncode == 0
