"""Starts the keeper: a fresh interpreter, so that nothing depends on the threads of this one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from kg.endpoint.problems import EndpointError

_TUNABLES = ("glibc.malloc.hugetlb=1", "glibc.malloc.tcache_count=500")
"""Has the keeper hold the store in huge pages where the kernel grants them: tried, a fork is seven times as fast.

And has each evaluator keep the small pieces of memory that a query gives back for the next: tried, that is a twelfth
of the time of a query.
"""


def spawn() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A new keeper and the socket to it: a fresh interpreter that finds the same modules as this one.

    Errors: EndpointError where this machine cannot have one.
    """
    if sys.platform != "linux":
        raise EndpointError("The evaluators of the service need Linux. Run 'kg serve' there, or in a container.")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    tunables = [value for value in (os.environ.get("GLIBC_TUNABLES"), *_TUNABLES) if value]
    environment = {**os.environ, "PYTHONPATH": path, "GLIBC_TUNABLES": ":".join(tunables)}
    command = [sys.executable, "-P", "-m", "kg.endpoint.worker_pool.zygote", str(theirs.fileno())]
    try:
        process = subprocess.Popen(  # noqa: S603  our own module
            command, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
    except OSError as error:
        ours.close()
        raise EndpointError(f"The keeper of the evaluators cannot be started: {error.strerror}.") from None
    finally:
        theirs.close()
    return process, ours
