"""What a process knows of itself: when it began; that it ends with its parent; that it keeps its memory.

TRUSTED: a file that was changed since the process began is noticed.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
SELDOM = 1_000_000
"""So many objects more before Python looks for circles among them."""
KEPT, LARGEST = 1 << 30, 32 << 20
"""Bytes that a process keeps at hand, and the largest block that it takes from these."""


def _started() -> float:
    """When this process began, by the clock that files are dated with; on a system that does not say it, now."""
    now = time.time()
    try:
        fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, IndexError, ValueError):
        return now
    return now - age


STARTED = _started()
"""Forked processes have it from the first one: that is where modules were imported."""


def die_with_parent() -> None:
    """End this process when the one that forked it ends, even if that was killed (where the system offers it)."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError):  # no Linux
        return


def keep_memory() -> None:
    """Keep what is freed, in this process and those forked from it (where the C library offers it).

    Each obligation has a solver of its own, which begins with some 16 megabytes.  Given back and asked for again, they
    cost a fault of every page: more than most proofs.  Terms form no circles, so these are looked for seldom.
    """
    gc.set_threshold(SELDOM)
    try:
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, LARGEST)
        library.mallopt(M_TRIM_THRESHOLD, KEPT)
    except (AttributeError, OSError):  # another C library
        return
