"""State outside memory that is declared: a holder that keeps a word and a table, as an address space keeps its root."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import z3

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Clause
from proofs.doubt.toys import Toy, result_is, word
from proofs.engine import path as paths
from proofs.engine.dictionary import SymDict
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.outside import Outside, made
from proofs.engine.values import SymInt

KIND = "state"
ZERO = (result_is(0),)
HOLDER = """
from model.language.annotations import advance


class Holder:
    def __init__(self, memory, word, table):
        self.memory = memory
        self.word = word
        self.table = table

    def run(self, n):
        {body}
"""


@dataclass(frozen=True)
class Held:
    """The abstract state: the word, the keys of the table, what they are mapped to, how many there are."""

    word: Any
    keys: Any
    values: Any
    held: Any


def anything() -> Held:
    """Any word, and any table."""
    keys, values = SymSet.arbitrary("keys", z3.BoolSort()), SymMap.arbitrary("values", z3.IntSort())
    return Held(SymInt(paths.current().integer("word")), keys, values, SymInt(paths.current().integer("held")))


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: Mapping[str, Any]) -> Any:
    """Call the operation of a holder."""
    holder = made(edition.Holder, memory=memory, table=SymDict("keys", "values", "held"))
    return getattr(holder, operation)(*arguments.values())


OUTSIDE = Outside({"word": lambda ghost: ghost.word}, {"table": ("keys", "values", "held")})
NAMESAKE = Outside({"n": lambda ghost: ghost.word}, OUTSIDE.dictionaries)
"""The word is called as the argument is."""
no_word = Clause("no_word", "the word is 0", lambda s, h, g, given: g.word == 0)


def holding(name: str, statement: str, body: Sequence[str], spec: str = "", **more: Any) -> Toy:
    """A holder whose word is 0 and whose table maps 5 to 7, and what it does."""

    def prepare(memory: Any, module: Any) -> Any:
        return module.Holder(memory, 0, {5: 7})

    facts = {"demands": ZERO, "requires": (word, no_word), **more}
    return Toy(
        name,
        statement,
        "",
        before=HOLDER.format(body="\n        ".join(body)),
        ghost=anything,
        alive=lambda: Held(0, GhostSet({5}), GhostMap({5: 7}), 1),
        prepare=prepare,
        spec=spec,
        more={"heap": "Holder", "invoke": invoke, "outside": OUTSIDE},
        **facts,
    )


def namesake() -> Toy:
    """The holder's word has the name of the argument."""
    statement = "an object keeps a word already that it is given under the word's name"
    toy = holding("word_with_the_name_of_an_argument", statement, ("return 0 if self.n == n else 1",))
    return replace(toy, before=toy.before.replace("self.word", "self.n"), more={**toy.more, "outside": NAMESAKE})


def rounds(body: str, changes: str) -> tuple[tuple[str, ...], str]:
    """A loop of n rounds that may change these parts."""
    loop = ("i = 0", "while i < n:", '    loop("spec", self, i, n)', f"    {body}", "    i = i + 1")
    spec = f"\ndef spec(holder, i, n):\n    return Loop([('range', 'range', (0 <= i) & (i <= n))], n - i, {changes})\n"
    return loop, spec


KIND_CHANGES, MAY_CHANGE = rounds("self.word = 7", '("word.word",)')
KEPT_SECRET, NO_CHANGE = rounds("self.word = 7", "()")
KEY_SET, NO_KEY = rounds("self.table[i] = 1", "()")
ASKED = (
    "x = self.word",
    "self.word = 0",
    "if x == True:",
    "    return 0",
    "if x == False:",
    "    return 0",
    "return 1",
)
STEP = """
from dataclasses import replace


def forgets(ghost, holder):
    return replace(ghost, keys=ghost.keys.empty(), held=0)
"""

BY_NAME = """
class Other(Struct, size=8):
    c = u64()
"""

TOYS = (
    Toy(
        "field_name_at_memory",
        "memory has the attributes of a cell",
        "\n    def run(self, n):\n        return self.memory.a\n",
        ZERO,
        breaks="raises_only",
    ),
    Toy(
        "field_name_of_another_struct",
        "a cell has the fields of every struct",
        "\n    def run(self, n):\n        self.c = 1\n        return 0\n",
        ZERO,
        BY_NAME,
        structs=("Cell", "Other"),
        breaks="raises_only",
    ),
    holding(
        "field_name_at_a_table", "a table has the attributes of a cell", ("return self.table.a",), breaks="raises_only"
    ),
    holding("field_name_at_a_holder", "a holder takes the attributes of a cell", ("self.a = 1", "return self.a")),
    holding(
        "word_becomes_a_number",
        "a word that was a truth before a loop is one behind it",
        ("self.word = n > 3", *KIND_CHANGES, *ASKED),
        MAY_CHANGE,
    ),
    namesake(),
    holding(
        "word_set_in_a_loop",
        "a word that a loop sets is what it was",
        (*KEPT_SECRET, "x = self.word", "self.word = 0", "return x"),
        NO_CHANGE,
    ),
    holding(
        "key_set_in_a_loop",
        "a table into which a loop writes has no more keys",
        (*KEY_SET, "return 0 if len(self.table) == 1 else 1"),
        NO_KEY,
        requires=(word, no_word, Clause("one", "one key is held", lambda s, h, g, given: g.held == 1)),
    ),
    holding(
        "step_empties_the_table",
        "a step of the abstract state empties the table",
        ('advance("forgets", self)', "return len(self.table)"),
        STEP,
    ),
)
