"""The worker's side: each thread of a worker has a process that answers calls, and begins another if it ends.

TRUSTED where calls are answered elsewhere: a request gets its own answer.

That process is a child without threads, so it may fork: each call is answered in a fork, and one that dies or hangs
costs its own call only.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

SERVER = "from drystone.proofs.remote.serving import main; main()"


class Server:
    """A process that answers requests, one after the other."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        self.fresh = True
        self.process: Any = subprocess.Popen([sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe)

    def answered(self, request: bytes) -> bytes | None:
        """The answer to a request; None if it was refused, and files may have changed since this process began.

        EOFError if the process ended instead.
        """
        pickle.dump(request, self.process.stdin)
        self.process.stdin.flush()
        refused, answer = pickle.load(self.process.stdout)
        was_fresh, self.fresh = self.fresh, False
        return None if refused and not was_fresh else answer

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.wait()


_mine = threading.local()


def answered(request: bytes) -> bytes:
    """The answer of this thread's server; one that ended, or that began before files changed, is replaced once."""
    for _ in range(2):
        if not hasattr(_mine, "server"):
            _mine.server = Server()
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            answer: bytes | None = _mine.server.answered(request)
            if answer is not None:
                return answer
        _mine.server.end()
        del _mine.server
    raise RuntimeError("the process that answers calls ends at once: see what the worker printed")
