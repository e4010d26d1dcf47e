"""Random programs of the language: a module with two structs, a record, helpers, and the method ``run``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from tests.programs.statements import block, cut_loop, give_back, guarded
from tests.programs.writing import FLAG, MAYBE, NODE, NOTHING, PAIR, TUPLE, WORD, Function, Place, Sheet

HEAD = """\
from dataclasses import dataclass
from typing import NamedTuple

from impl.errors import DoubleFree, DrystoneError, InvalidFree, NotValid
from impl.layout import Struct, flag, pointer, u8, u16, u32, u64
from impl.words import check_word
from model.language.annotations import loop

LIMIT = 9
PAIR = (3, 14)


class Pair(NamedTuple):
    first: int
    second: int

    def greater(self):
        return max(self.first, self.second)


@dataclass(frozen=True)
class Adder:
    more: int

    def __call__(self, number):
        return self.more + (number & 0xFF)


class Tiny(Struct, size=1):
    value = u8()


class Node(Struct, size=32):
    small = u8()
    on = flag()
    medium = u16()
    large = u32()
    huge = u64()
    next = pointer()


class Named(Node):
    def total(self, more=1):
        return (self.huge & 0xFFFF) + self.small + more


"""
CELL = """\
class Cell(Struct, size=32):
    a = u64()
    b = u32()
    c = u8()
    d = flag()
    link = pointer()
"""
SPECIFICATION = """\
def spec(heap, i, limit):
    return Loop([("range", "i does not pass the limit", (0 <= i) & (i <= limit))], limit - i, {changes})
"""
STRUCTS = {
    "Cell": {"a": 64, "b": 32, "c": 8, "d": 0, "link": -1},
    "Node": {"small": 8, "on": 0, "medium": 16, "large": 32, "huge": 64, "next": -1},
    "Tiny": {"value": 8},
}
"""The fields of each struct with their bits; 0 for a flag, -1 for a pointer to a Node."""
RESULTS = (WORD, WORD, WORD, FLAG, MAYBE, PAIR, TUPLE, NODE)


@dataclass(frozen=True)
class Program:
    """The text of a module, whether ``run`` has a loop that is cut at an invariant, and the text that states it."""

    seed: int
    text: str
    cut: bool
    specification: str = ""


def program(seed: int, decisions: int = 6, cut: bool = False) -> Program:
    """The program of that number."""
    sheet = Sheet(Random(seed), 1)
    before = _functions(sheet)
    sheet.indent = 1
    methods = [_method(sheet, "step", "self.step", (WORD,), sheet.random.choice((WORD, NOTHING)))]
    methods.append(_method(sheet, "peer", "Cell.peer", (WORD, WORD), WORD, "classmethod"))
    sheet.left = decisions
    methods.append(_method(sheet, "run", "", (WORD, WORD), sheet.random.choice(RESULTS), cut=cut))
    body = "\n\n".join(methods)
    stored = sorted(
        set(re.findall(r"\.(\w+)(?:, self\.\w+)? = ", body)) | ({"link"} if "self.link = " in body else set())
    )
    changes = [f"{struct}.{field}" for struct, fields in STRUCTS.items() for field in fields if field in stored]
    changes += ["log"] if "memory.log" in body else []
    specification = SPECIFICATION.replace("{changes}", repr(tuple(changes))) if cut else ""
    text = HEAD + before + CELL + "\n" + body + "\n"
    return Program(seed, text, cut, specification)


def _functions(sheet: Sheet) -> str:
    """Functions of the module; each may call those before it."""
    sheet.has_self, texts = False, []
    for number in range(sheet.random.randint(0, 2)):
        name = f"helper{number}"
        takes = (WORD,) * sheet.random.randint(1, 2)
        gives = sheet.random.choice((WORD, WORD, FLAG))
        texts.append(_text(sheet, f"def {name}", takes, gives))
        sheet.functions.append(Function(name, takes, gives, False))
    sheet.has_self = True
    return "\n\n".join([*texts, ""]) + "\n" if texts else ""


def _method(
    sheet: Sheet, name: str, call: str, takes: tuple[str, ...], gives: str, decorator: str = "", cut: bool = False
) -> str:
    sheet.has_self = not decorator
    text = _text(sheet, f"def {name}", takes, gives, "cls" if decorator else "self", cut)
    sheet.has_self = True
    if call:
        sheet.functions.append(Function(call, takes, gives, True))
    return f"    @{decorator}\n{text}" if decorator else text


def _text(sheet: Sheet, head: str, takes: tuple[str, ...], gives: str, receiver: str = "", cut: bool = False) -> str:
    """A function from its head to its end."""
    names = ["n", "m"][: len(takes)]
    sheet.left = max(sheet.left, 1)
    sheet.lines, sheet.locals, sheet.gives = [], dict.fromkeys(names, WORD), gives
    declared = [*([receiver] if receiver else []), *names[:1], *(f"{name}=2" for name in names[1:])]
    with sheet.block(f"{head}({', '.join(declared)}):"):
        if sheet.chance(20) and receiver == "self":
            sheet.write('check_word(n, "n")')
        block(sheet, Place(cut=cut), 6 if head == "def run" else 2)
        if cut:
            guarded(sheet, lambda: cut_loop(sheet, "i", "limit"))
            block(sheet, Place(cut=cut), 2)
        give_back(sheet)
    return "\n".join(sheet.lines)
