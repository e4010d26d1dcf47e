"""Runs a command in a child process: one that ends early, by whatever means, has not succeeded.

TRUSTED: no report is never success.

The child hands its status over when everything is printed.  If it ends without that - the code under proof
raised SystemExit, the solver crashed, somebody killed it - the status is 2, whatever status it ended with.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from proofs.engine.process import die_with_parent

ENDED_EARLY = 2
COMPLETE = b"complete "
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def guarded(work: Callable[[], int]) -> int:
    """The status that ``work`` returns in a child process; 2 if the child ends without saying that it is complete."""
    sys.stdout.flush()
    sys.stderr.flush()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _work(work, theirs)
    os.close(theirs)
    code = _ended(child)
    os.set_blocking(ours, False)  # something that got away may hold the other end
    said = _said(ours)
    os.close(ours)
    if said == COMPLETE + str(code).encode():
        return code
    how = f"signal {-code}" if code < 0 else f"exit status {code}"
    print(f"drystone: the run ended early ({how}): nothing is proved", file=sys.stderr)
    return ENDED_EARLY


def _said(pipe: int) -> bytes:
    try:
        return os.read(pipe, 100)
    except BlockingIOError:
        return b""


def _ended(child: int) -> int:
    """How the child ended, and all that it left running with it; an interrupt or an order to end is passed on."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        os.kill(child, number)

    before = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _end_all(child)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _end_all(child: int) -> None:
    """End the child, and whatever else is of its group."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)


def _work(work: Callable[[], int], pipe: int) -> NoReturn:
    """The child: a process group of its own, so that an interrupt comes once, from the parent."""
    status = ENDED_EARLY
    try:
        os.setpgid(0, 0)
        die_with_parent()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        status = work()
        sys.stdout.flush()
        os.write(pipe, COMPLETE + str(status).encode())
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
