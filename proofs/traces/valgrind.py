"""What `valgrind --trace-malloc=yes PROGRAM` prints, whatever else the program and valgrind print between.

    --3149-- malloc(100) = 0x4A41040
    --3149-- calloc(3,50) = 0x4A410F0
    --3149-- realloc(0x4A41040,5000) = 0x4A411D0
    --3149-- memalign(al 64, size 128) = 0x4A42680
    --3149-- free(0x4A42A00)
    --3149-- realloc(0x4A411D0,0)free(0x4A411D0)     a realloc that comes down to another call
    --3149--  = 0                                    and its answer

The functions of C++ are there under their linkers' names: _Znwm(24), _ZdlPv(0x4A41040).  Of several processes the first
is read; the others are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from proofs.traces.addresses import Addresses

LINE = re.compile(r"^--(\d+)-- ((?:malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign|free|cfree|_Z\w+)\(.*)$")
CALL = re.compile(r"(\w+)\(([^()]*)\)")
ANSWER = re.compile(r" = (0x[0-9A-F]+|0)$")
SIZE = re.compile(r"^(?:size )?(\d+)(?:, *al (\d+))?$")
ALIGNED = re.compile(r"^al (\d+), *size (\d+)$")
PAIR = re.compile(r"^(\d+), *(\d+)$")
BLOCK_AND_SIZE = re.compile(r"^0x([0-9A-F]+), *(\d+)$")
BLOCK = re.compile(r"^0x([0-9A-F]+)$")
OTHERS = "call of another process than the first, left out"


def looks(lines: Iterable[str]) -> bool:
    """Whether one of the first lines is such a call."""
    return any(LINE.match(line) for line in lines)


def read(line: str, into: Addresses, pending: list[int]) -> None:
    """One line; ``pending`` holds the first process.  ValueError if it is a call that is not told as it should be."""
    found = LINE.match(line)
    if not found:
        return
    process = int(found[1])
    if not pending:
        pending.append(process)
    if process != pending[0]:
        into.missed[OTHERS] += 1
        return
    name, arguments = CALL.findall(found[2])[-1] if CALL.search(found[2]) else ("", "")
    answer = ANSWER.search(found[2])
    if name in ("free", "cfree") or name.startswith(("_Zdl", "_Zda")):
        into.free(int(_match(BLOCK, arguments, "free(0xADDRESS)")[1], 16))
        return
    if not answer:
        raise ValueError("a call with its answer: malloc(SIZE) = 0xADDRESS")
    _allocated(name, arguments, int(answer[1], 16), into)


def _allocated(name: str, arguments: str, block: int, into: Addresses) -> None:
    """A call that gives a block."""
    if name == "realloc":
        old, size = _match(BLOCK_AND_SIZE, arguments, "realloc(0xADDRESS,SIZE)").groups()
        into.resize(int(old, 16), block, int(size)) if int(old, 16) else into.allocate(block, int(size))
    elif name == "calloc":
        count, size = _match(PAIR, arguments, "calloc(COUNT,SIZE)").groups()
        into.allocate(block, int(count) * int(size), zeroed=True)
    elif name in ("memalign", "aligned_alloc", "posix_memalign"):
        alignment, size = _match(ALIGNED, arguments, f"{name}(al ALIGNMENT, size SIZE)").groups()
        into.allocate(block, int(size), alignment=int(alignment))
    else:
        size, alignment = _match(SIZE, arguments, f"{name}(SIZE)").groups()
        into.allocate(block, int(size), alignment=int(alignment or 1))


def _match(pattern: re.Pattern[str], text: str, expected: str) -> re.Match[str]:
    found = pattern.match(text)
    if not found:
        raise ValueError(expected)
    return found
