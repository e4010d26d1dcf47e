"""Texts of programs: one module, into which a test puts what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from proofs.engine.annotations import Names

HEAD = """\
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from impl.errors import DoubleFree, DrystoneError, InvalidFree
from impl.layout import Struct, flag, pointer, u8, u16, u32, u64
from impl.memory import Memory
from impl.words import WORD_LIMIT, check_word
from model.language.annotations import advance, by_contract, hold, loop
{head}


def helper(n):
    return n


class Pair(NamedTuple):
    first: int
    second: int


@dataclass(frozen=True)
class Frozen:
    part: int

    def __call__(self, number):
        return self.part + number


class Tiny(Struct, size=1):
    value = u8()


class Cell(Struct, size=16, offsets={{"a": 0}}):
    a = u64()
    b = u32()
    c = u16()
    d = flag()

    def run(self, n):
{body}

    def other(self, n, m=1):
        return n

    @classmethod
    def peer(cls, memory, n):
        return cls(memory, n)

{members}


class Holder:
    __slots__ = ("memory", "root", "table")

    def __init__(self, memory):
        self.root = 0

    def get_root(self):
        self.root = self.root + 1
        self.table[self.root] = self.table.get(3, 0)
        self.table.pop(3, None)
        self.table.clear()
        return len(self.table)
"""


def text_of(body: str = "return n", head: str = "", members: str = "") -> str:
    """The module with this body of ``run``, and these lines at its head and in its struct."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    return HEAD.format(head=head, body=lines, members="\n".join(f"    {line}" for line in members.splitlines()))


ALLOWED = {
    "assign": "x = n\nself.a = x\nx, self.b = 1, x\nt = (1, 2)\n(x, y), z = t, 3\nreturn x",
    "annotated": "x: int = n\nreturn x",
    "augmented": "x = n\nx += 1\nx //= 2\nx <<= 3\nreturn x",
    "a list that grows": "x = []\nx += (n, 1)\nreturn x[0] + len(x)",
    "bytes": "x = bytearray()\nreturn len(bytes(x))",
    "a key that is missing": "try:\n    return self.table[n]\nexcept KeyError:\n    return 0",
    "if": "if n:\n    return 1\nelif n > 3:\n    pass\nelse:\n    return 2\nreturn 3",
    "while": "while n < 3:\n    n = n + 1\n    if n == 2:\n        continue\n    break\nreturn n",
    "for": "for x in (1, n, LIMIT):\n    self.a = x\nfor y in range(1, 5, 2):\n    self.a = y\nreturn 0",
    "for over structs": "for s in (Cell, Tiny):\n    s.claim(self.memory, n)\nreturn 0",
    "return": "return",
    "return a tuple": "return n, None",
    "raise": 'raise InvalidFree(f"free of {n:#x}: {self.a}", n)',
    "raise a builtin": 'raise ValueError("no")',
    "raise again": "try:\n    pass\nexcept InvalidFree:\n    raise",
    "try": (
        "try:\n    x = 1\nexcept (InvalidFree, ValueError):\n    x = 2\n"
        "else:\n    x = 3\nfinally:\n    self.a = 1\nreturn x"
    ),
    "a loop in a try": "try:\n    while n:\n        break\nfinally:\n    self.a = 1\nreturn 0",
    "a call": "self.other(n)\nhelper(n)\nreturn Cell.peer(self.memory, n)",
    "keywords": "return self.other(n, m=2) + Pair(first=n, second=1).first",
    "docstring": '"""What it does."""\nreturn 0',
    "constants": "x = True\ny = None\nz = 'text'\nreturn LIMIT + WORD_LIMIT + Cell.SIZE + TABLE[0]",
    "arithmetic": "return n + 1 - n * 2 // 3 % 4 & 5 | 6 ^ 7 << 1 >> 1",
    "unary": "return (-1 if not n else ~n)",
    "power": "return n % 2 ** 12",
    "comparisons": "return n == 1 or n != 2 and n < 3 or 1 <= n <= 4 or n > 5 or n >= 6",
    "none": "x = n or None\nreturn x is None or x is not None",
    "choice": "return n if n > 3 else 0",
    "views": "x = Cell(self.memory, n)\nx.a = x.a + 1\nreturn x.address",
    "records": "x = Pair(n, 1)\nf = Frozen(n)\nreturn x.first + f(2)",
    "builtins": "return min(n, 1) + max(n, 2, 3)",
    "length": "x = (1, n)\nreturn len(x) + n.bit_length()",
    "memory": "self.memory.log('{}', n)\nself.memory.fill(n, 1, 0)\nreturn self.memory.is_mapped(n, 1)",
    "array": "x = self.memory.array(Tiny.value, n, 4)\nreturn x[0]",
    "fields": "return self.memory.peek(Cell.a, n)",
    "claims": "x = Cell.claim(self.memory, n)\nx.release()\nself.memory.claim_array(Tiny, n, 4)\nreturn 0",
    "check_word": "check_word(n, 'n')\nreturn n",
    "names of no meaning": "next = n\nid = 2\nreturn next + id",
}
ALLOWED_MEMBERS = {
    "class method": (
        "@classmethod\ndef claim(cls, memory, address):\n    "
        "super().claim(memory, address)\n    return cls(memory, address)"
    ),
    "by contract": (
        "@by_contract\ndef call(self, n: 'int', /, m: Callable[[int], int] = helper) -> int | None:\n    return n"
    ),
    "cut loop": (
        "def walk(self, n):\n    i = 0\n    while i < n:\n"
        '        loop("spec", self, i, n)\n        i = i + 1\n    return i'
    ),
    "hold and advance": (
        'def call(self, n):\n    hold("spec", self, n + 1, n)\n    advance("spec", self, n, n)\n    return n'
    ),
}
CONSTANTS = (
    "LIMIT = 2**20 - 1\nTABLE = (1, LIMIT, -3)\nNAME = 'x'\nRegion = Callable[[int], 'int | None']\n__all__ = ['Cell']"
)
NAMES = Names("pool", frozenset({"spec", "walk_for_fit", "walk_for_address", "walk_to_dump", "walk_to_wipe", "taken"}))
"""What its annotations may say."""


@dataclass(frozen=True)
class Case:
    """A text that is refused; ``at`` is the line that is named, ``construct`` and ``instead`` are said of it."""

    text: str
    at: str
    construct: str
    instead: str


def body(lines: str, construct: str, instead: str = "", at: str = "") -> Case:
    """Lines that a function may not hold."""
    return Case(text_of(lines, CONSTANTS), at or lines.splitlines()[0], construct, instead)


def head(lines: str, construct: str, instead: str = "", at: str = "") -> Case:
    """Lines that a module may not hold."""
    return Case(text_of(head=lines), at or lines.splitlines()[0], construct, instead)


def member(lines: str, construct: str, instead: str = "", at: str = "") -> Case:
    """Lines that a struct may not hold."""
    return Case(text_of(members=lines), at or lines.splitlines()[0], construct, instead)
