"""Names, and what they stand for, that a cut loop changes without its being forgotten."""

from __future__ import annotations

from typing import Any

from proofs.doubt.toys import Toy, below, clause, counting, result_is

KIND = "names"
ZERO = (result_is(0),)
KEPT = "a local that the loop sets still holds what it held before"

OTHER = """
class Other(Struct, size=8):
    c = u64()

    def tag(self):
        return 1
"""

TAG = """
    def tag(self):
        return 0
"""

LEAVE = """
class Setting:
    def __init__(self, view):
        self.view = view

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.view.a = 7
        return False
"""

a_is_kept = clause(lambda t: t.new.fields("Cell").a[t.heap] == t.old.fields("Cell").a[t.heap], "a_is_kept", "a is kept")


def never(t: Any) -> bool:
    """False."""
    return False


TOYS = (
    Toy(
        "capture_of_a_match",
        KEPT,
        counting("match i:\n    case last:\n        pass", "return last", "last = 0"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "loop_in_a_match",
        "the loop that counts its rounds counted none",
        """
    def run(self, n):
        match n:
            case _:
                i = 0
                while i < n:
                    loop("spec", self, i, n)
                    i = i + 1
                return i
""",
        ZERO,
        spec=below(),
    ),
    Toy(
        "loop_in_a_generator",
        "nothing comes out of the generator",
        """
    def run(self, n):
        total = 0
        for number in self.numbers(n):
            total = total + 1
        return total

    def numbers(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            yield i
            i = i + 1
""",
        ZERO,
        spec=below(),
    ),
    Toy(
        "finally_stores_behind_continue",
        "the loop leaves the field a alone",
        counting("try:\n    i = i + 1\n    continue\nfinally:\n    self.a = 7"),
        (a_is_kept,),
        spec=below(),
    ),
    Toy(
        "finally_sets_back_behind_continue",
        "the loop ends",
        counting("try:\n    i = i + 1\n    continue\nfinally:\n    i = 0"),
        (),
        spec=below(),
        breaks="terminates",
    ),
    Toy(
        "exit_of_with_stores_behind_continue",
        "the loop leaves the field a alone",
        counting("with Setting(self):\n    i = i + 1\n    continue"),
        (a_is_kept,),
        LEAVE,
        spec=below(),
    ),
    Toy(
        "iterator_is_advanced",
        "the iterator stands where it stood before the loop",
        counting("next(numbers)", "return next(numbers)", "numbers = iter((0, 1, 2, 3, 4, 5))"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "helper_moves_a_view",
        "a view that a helper moves lies where it lay",
        counting(
            "move(view)", "return 0 if view.address == self.address else 1", "view = Cell(self.memory, self.address)"
        ),
        ZERO,
        "def move(view):\n    view.address = 4096\n",
        spec=below(),
    ),
    Toy(
        "number_becomes_none",
        "the loop never sets the local to None",
        counting("x = None", "if x is None:\n    return 1\nreturn 0", "x = 0"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "truth_becomes_a_number",
        "the local is False or True",
        counting("x = 7", "if x == False:\n    return 0\nif x == True:\n    return 0\nreturn 1", "x = False"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "view_becomes_one_of_another_struct",
        "the view is still one of a cell",
        counting(
            "view = Other(self.memory, self.address)", "return view.tag()", "view = Cell(self.memory, self.address)"
        )
        + TAG,
        ZERO,
        OTHER,
        spec=below(),
    ),
    Toy(
        "measure_behind_the_condition",
        "the loop ends",
        """
    def run(self, n):
        i = 1
        while (i := i + 1) > 0:
            loop("spec", self, i, n)
            i = i - 1
        return 0
""",
        (clause(never),),
        spec=below().replace("(0 <= i) & (i <= n)", "i == 1").replace("n - i", "i"),
        breaks="terminates",
    ),
    Toy(
        "import_binds_a_name",
        KEPT,
        counting("from impl.arithmetic import PAGE_SHIFT as last", "return last", "last = 0"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "definition_binds_a_name",
        KEPT,
        counting("def last():\n    return 1", "return last()", "last = zero"),
        ZERO,
        "def zero():\n    return 0\n",
        spec=below(),
    ),
    Toy(
        "class_binds_a_name",
        KEPT,
        counting("class last:\n    value = 1", "return last.value", "last = Zero"),
        ZERO,
        "class Zero:\n    value = 0\n",
        spec=below(),
    ),
    Toy(
        "list_in_a_tuple",
        "the list in the tuple still holds 0",
        counting("box[0][0] = box[0][0] + 1", "return box[0][0]", "box = ([0],)"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "condition_advances_an_iterator",
        "the iterator stands where it stood before the loop",
        """
    def run(self, n):
        numbers = iter((0, 1, 2, 3, 4, 5))
        i = 0
        while i < n and next(numbers) >= 0:
            loop("spec", self, i, n)
            i = i + 1
        return next(numbers)
""",
        ZERO,
        spec=below(),
        arguments={"n": 3},
    ),
    Toy(
        "view_in_a_tuple_is_moved",
        "a view that lies in a tuple lies where it lay",
        counting(
            "move(pair)",
            "return 0 if pair[0].address == self.address else 1",
            "pair = (Cell(self.memory, self.address), 0)",
        ),
        ZERO,
        "def move(pair):\n    pair[0].address = 4096\n",
        spec=below(),
    ),
    Toy(
        "view_moves_itself",
        "a method that moves its view leaves it where it lay",
        counting(
            "view.step()", "return 0 if view.address == self.address else 1", "view = Cell(self.memory, self.address)"
        )
        + "\n    def step(self):\n        self.address = 4096\n",
        ZERO,
        spec=below(),
    ),
    Toy(
        "return_in_finally",
        "the loop runs to its end",
        counting("try:\n    i = i + 1\n    continue\nfinally:\n    if i > 2:\n        break", "return i"),
        (clause(lambda t: t.result == t.n, "result_is_n"),),
        spec=below(),
    ),
    Toy(
        "star_target",
        KEPT,
        counting("first, *rest = (1, 2, 3)", "return rest", "rest = 0").replace(
            "return rest", "return 0 if rest == 0 else 1"
        ),
        ZERO,
        spec=below(),
    ),
    Toy(
        "number_becomes_a_text",
        "the loop never sets the local to a text",
        counting('x = "text"', 'return 1 if x == "text" else 0', "x = 0"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "measure_of_a_condition_that_steps",
        "the loop ends",
        """
    def run(self, n):
        while self.step() > 0:
            loop("spec", self, n)
            self.a = self.a - 1
        return 0

    def step(self):
        self.a = self.a + 1
        return self.a
""",
        (clause(never),),
        spec="""
def spec(cell, n):
    a = cell.memory.operation.now().fields("Cell").a[cell.address]
    return Loop([("some", "a is at least 1", (a >= 1) & (a < 1000))], a, ("Cell.a",))
""",
        cell=(1, 0),
        requires=(clause(lambda s, h, g, given: s.fields("Cell").a[h] == 1, "one"),),
        breaks="terminates",
    ),
)
