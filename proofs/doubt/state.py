"""State that is not memory: a loop changes it unforgotten, and what one path leaves there the next one finds."""

from __future__ import annotations

from typing import Any

from proofs.doubt.toys import CELL, Toy, below, counting, result_is

KIND = "state"
ZERO = (result_is(0),)
COUNT = "the loop that counts its rounds counted none"

BOX = """
class Box:
    def __init__(self, v):
        self.v = v
"""

SETTER = """
class Held:
    def __set_name__(self, owner, name):
        self.key = name + "_held"

    def __get__(self, view, owner):
        return view.__dict__[self.key]

    def __set__(self, view, value):
        view.__dict__[self.key] = value


class Base(Struct):
    tmp = Held()
"""


def before_it(memory: Any, module: Any) -> None:
    """An earlier call of the same operation."""
    module.Cell(memory, CELL).run(5)


TOYS = (
    Toy(
        "attribute_of_a_view",
        COUNT,
        counting("self.tmp = self.tmp + 1", "return self.tmp", "self.tmp = 0"),
        ZERO,
        spec=below(),
        breaks="raises_only",
    ),
    Toy(
        "attribute_of_a_plain_object",
        COUNT,
        counting("box.v += 1", "return box.v", "box = Box(0)"),
        ZERO,
        BOX,
        spec=below(),
    ),
    Toy(
        "counter_in_a_nested_function",
        COUNT,
        counting("step()", "return count", "count = 0\ndef step():\n    nonlocal count\n    count = count + 1"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "class_attribute",
        COUNT,
        counting("Cell.count = Cell.count + 1", "return Cell.count", "Cell.count = 0"),
        ZERO,
        spec=below(),
        breaks="raises_only",
    ),
    Toy(
        "module_attribute_lives_between_paths",
        "the operation returns 0 for every n",
        """
    def run(self, n):
        if Once.done:
            return 0
        Once.done = True
        if n > 3:
            return 0
        return 7
""",
        ZERO,
        "class Once:\n    done = False",
        arguments={"n": 2},
    ),
    Toy(
        "module_list_lives_between_calls",
        "the operation returns 0, however often it was called before",
        """
    def run(self, n):
        if DONE:
            return 1
        if n >= 0:
            DONE.append(n)
        return 0
""",
        ZERO,
        "DONE = []",
        prepare=before_it,
    ),
    Toy(
        "mutable_default",
        COUNT,
        counting("self.step(1)", "return self.step(1) - 1", "self.step(0)")
        + "\n    def step(self, by, seen=[0]):\n        seen[0] = seen[0] + by if by else 0\n        return seen[0]\n",
        ZERO,
        spec=below(),
    ),
    Toy(
        "attribute_of_a_function",
        COUNT,
        counting("bump()", "return bump.calls", "bump.calls = 0"),
        ZERO,
        "def bump():\n    bump.calls = bump.calls + 1\n",
        spec=below(),
    ),
    Toy(
        "setattr",
        COUNT,
        counting(
            'setattr(self, "tmp", getattr(self, "tmp") + 1)', 'return getattr(self, "tmp")', 'setattr(self, "tmp", 0)'
        ),
        ZERO,
        spec=below(),
        breaks="raises_only",
    ),
    Toy(
        "dictionary_of_a_view",
        COUNT,
        counting('vars(self)["tmp"] = vars(self)["tmp"] + 1', 'return vars(self)["tmp"]', 'vars(self)["tmp"] = 0'),
        ZERO,
        spec=below(),
        breaks="raises_only",
    ),
    Toy(
        "attribute_of_memory",
        COUNT,
        counting("self.memory.rounds = self.memory.rounds + 1", "return self.memory.rounds", "self.memory.rounds = 0"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "global_word",
        COUNT,
        counting("bump()", "return TOTAL[0]", "TOTAL[0] = 0"),
        ZERO,
        "TOTAL = [0]\n\n\ndef bump():\n    TOTAL[0] = TOTAL[0] + 1\n",
        spec=below(),
    ),
    Toy(
        "global_statement",
        COUNT,
        counting("bump()", "return TOTAL", "clear()"),
        ZERO,
        "TOTAL = 0\n\n\ndef clear():\n    global TOTAL\n    TOTAL = 0\n"
        + "\n\ndef bump():\n    global TOTAL\n    TOTAL = TOTAL + 1\n",
        spec=below(),
    ),
    Toy(
        "descriptor_of_its_own",
        COUNT,
        counting(
            "counter.total = counter.total + 1",
            "return counter.total",
            "counter = Base(self.memory, self.address)\ncounter.total = 0",
        ).replace("total", "tmp"),
        ZERO,
        SETTER,
        spec=below(),
        breaks="raises_only",
    ),
    Toy(
        "memo_of_answers",
        "the half of every n is 2",
        """
    def run(self, n):
        if 0 not in MEMO:
            MEMO[0] = 2
            if n // 2 == 2:
                return 2
            return 2
        if MEMO[0] == 2 and n >= 0:
            return MEMO[0]
        return n // 2

    def other(self, n):
        MEMO[0] = n // 2
""",
        (result_is(2),),
        "MEMO = {}",
        arguments={"n": 7},
        prepare=lambda memory, module: module.Cell(memory, CELL).other(9),
    ),
)
