"""What glibc's mtrace() writes, with libc_malloc_debug.so preloaded and MALLOC_TRACE set.

= Start
@ ./prog:[0x11d0] + 0x55d995f984a0 0x64     malloc, calloc, memalign: it tells them not apart
@ ./prog:[0x1200] < 0x55d995f984a0          realloc of this block ...
@ ./prog:[0x1200] > 0x55d995f985b0 0x1388   ... which is this one now
@ ./prog:[0x12dd] ! 0x55d995f982a0 0x1000   realloc, refused
@ ./prog:[0x127d] - 0x55d995f982a0          free
= End
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from proofs.traces.addresses import FAILED, Addresses

LINE = re.compile(r"^(?:@ .*? ?)?([-+<>!]) (\(nil\)|0x[0-9a-f]+)(?: (0x[0-9a-f]+|0))?$")
EDGES = re.compile(r"^= (Start|End)$")
SIZED = "+>!"
"""These tell a size."""
EXPECTED = "a line of mtrace: [@ caller] then + ADDRESS SIZE, - ADDRESS, < ADDRESS, > ADDRESS SIZE or ! ADDRESS SIZE"


def looks(lines: Iterable[str]) -> bool:
    """Whether the first lines are mtrace's."""
    return any(EDGES.match(line) for line in lines)


def read(line: str, into: Addresses, pending: list[int]) -> None:
    """One line; ``pending`` holds the block that realloc works on.  ValueError if the line is wrong."""
    if EDGES.match(line):
        return
    found = LINE.match(line)
    if not found or (found[1] in SIZED) != bool(found[3]):
        raise ValueError(EXPECTED)
    address = 0 if found[2] == "(nil)" else int(found[2], 16)
    size = int(found[3] or "0", 16)
    if found[1] == "+":
        into.allocate(address, size)
    elif found[1] == "-":
        into.free(address)
    elif found[1] == "<":
        pending.append(address)
    elif found[1] == ">":
        if not pending:
            raise ValueError("a line `< ADDRESS` before `> ADDRESS SIZE`")
        into.resize(pending.pop(), address, size)
    else:
        into.missed[FAILED] += 1
