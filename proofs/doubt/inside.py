"""Programs in the language itself, or all but one word of them: what its page might have forgotten."""

from __future__ import annotations

from typing import Any

from model.language.logic import Clause, Operation
from proofs.doubt.memory import FRESH, PLACE, mapping
from proofs.doubt.toys import Toy, below, clause, counting, result_is, unmoved

KIND = "inside"
ZERO = (result_is(0),)
not_valid = clause(lambda t: t.raised == "NotValid", "not_valid", "it raises NotValid")


def refusing(name: str, message: str, n: int = 5, breaks: str = "") -> Toy:
    """A program that raises NotValid with a message that CPython cannot make."""
    return Toy(
        name,
        "the operation raises NotValid for every n",
        f"\n    def run(self, n):\n        raise NotValid(f{message!r})\n",
        (not_valid,),
        "from impl.errors import NotValid",
        arguments={"n": n},
        breaks=breaks,
        raises=("NotValid", "ValueError"),
    )


def named_call(name: str, call: str, **more: Any) -> Toy:
    """A program whose call of the machine CPython refuses, because it names arguments that have no name."""
    return Toy(
        name,
        "the machine takes its arguments by name",
        f"\n    def run(self, n):\n        {call}\n        return 0\n",
        (clause(lambda t: t.raised == "", "returns", "it returns"),),
        breaks="raises_only",
        **more,
    )


CALLEE = """
    @by_contract
    def bump(self):
        if self.a > 3:
            raise ValueError("large")
        self.a = 0
"""
bumped = Operation("bump", (), unmoved, (clause(lambda t: True, "true"),), changes=("Cell.a",), raises=("ValueError",))
kept = clause(lambda t: t.new.fields("Cell").a[t.heap] == t.old.fields("Cell").a[t.heap], "kept", "a is kept")


def truth_given(name: str, call: str, **more: Any) -> Toy:
    """A program that gives the machine a truth, which it refuses, or takes for 0 or 1."""
    return Toy(
        name,
        "the machine takes a truth for a number",
        f"\n    def run(self, n):\n        {call}\n        return 0\n",
        (clause(lambda t: t.raised == "", "returns", "it returns"),),
        breaks="raises_only",
        **more,
    )


TOYS = (
    refusing("message_of_another_kind", "{n:q}"),
    refusing("message_of_great_width", "{n:>{n}}", 2**63),
    refusing("message_of_a_view", "{self:x}", breaks="raises_only"),
    refusing("message_of_a_letter", "{n:c}", 2**63, "raises_only"),
    refusing("message_of_a_digit_too_precise", "{n:.3}"),
    named_call("page_by_name", "self.memory.map(address=4096, pages=1)", above=True),
    named_call("place_by_name", "self.memory.find_place(pages=1)"),
    named_call("mapped_by_name", "self.memory.is_mapped(address=4096, size=1)", above=True),
    named_call(
        "fill_by_name",
        "self.memory.fill(address=n, size=8, byte=0)",
        requires=FRESH,
        arguments={"n": PLACE},
        prepare=mapping(0),
    ),
    named_call("field_by_name", "x = self.memory.read(field=Cell.a, address=self.address)"),
    named_call("line_by_name", 'self.memory.log(message="nothing")'),
    Toy(
        "line_that_is_a_number",
        "a line of the log may hold anything",
        "\n    def run(self, n):\n        self.memory.log(n)\n        self.memory.log()\n        return 0\n",
        (clause(lambda t: t.raised == "", "returns", "it returns"),),
        breaks="raises_only",
    ),
    truth_given("pages_by_truth", "self.memory.map(4096, n > 3)"),
    truth_given("mapped_by_truth", "self.memory.is_mapped(n > 3, 1)"),
    truth_given("checked_truth", 'check_word(n > 3, "n")', before="from impl.words import check_word"),
    truth_given("checked_view", 'check_word(self, "n")', before="from impl.words import check_word"),
    truth_given("checked_none", 'check_word(None, "n")', before="from impl.words import check_word"),
    truth_given("recursion_without_end", "self.run(n)"),
    Toy(
        "handler_of_a_handler",
        "an error that is raised again is lost",
        """
    def run(self, n):
        try:
            try:
                raise ValueError("x")
            except ValueError:
                try:
                    raise NotValid("y")
                except NotValid:
                    self.a = 1
                raise
        except ValueError:
            return self.a
        return 0
""",
        ZERO,
        "from impl.errors import NotValid",
    ),
    Toy(
        "finally_within_a_handler",
        "what finally stores within a handler is not stored",
        """
    def run(self, n):
        try:
            raise ValueError("x")
        except ValueError:
            try:
                self.b = 2
            finally:
                self.a = 1
        return self.a
""",
        ZERO,
    ),
    Toy(
        "error_of_a_base",
        "an error is not caught by the name of its base",
        """
    def run(self, n):
        try:
            raise NotMapped("x")
        except MappingError:
            return 1
        return 0
""",
        ZERO,
        "from impl.errors import MappingError, NotMapped",
    ),
    Toy(
        "loop_left_by_an_error",
        "an error leaves no loop",
        counting('if i == 3:\n    raise NotValid("x")', "return 0"),
        (clause(lambda t: t.raised == "", "returns", "it returns"),),
        "from impl.errors import NotValid",
        spec=below(),
        raises=("ValueError", "NotValid"),
    ),
    Toy(
        "changes_of_the_condition",
        "what the condition of a loop stores is not stored",
        """
    def run(self, n):
        i = 0
        while self.step(i) < n:
            loop("spec", self, i, n)
            i = i + 1
        return 0

    def step(self, i):
        self.a = 7
        return i
""",
        (kept,),
        spec=below(changes='("Cell.a",)'),
    ),
    Toy(
        "handler_forgets",
        "what was stored before an error is not there behind it",
        """
    def run(self, n):
        try:
            self.a = 1
            if n > 3:
                raise ValueError("large")
            self.a = 0
        except ValueError:
            pass
        return self.a
""",
        ZERO,
    ),
    Toy(
        "finally_is_last",
        "what finally stores is overwritten",
        """
    def run(self, n):
        try:
            if n > 3:
                return self.b
            self.b = 0
        finally:
            self.a = 1
        return self.a - self.a
""",
        (kept,),
    ),
    Toy(
        "callee_raises_into_a_handler",
        "an operation that raises ends in no handler",
        CALLEE
        + """
    def run(self, n):
        try:
            self.bump()
        except ValueError:
            return 1
        return 0
""",
        ZERO,
        "from model.language.annotations import by_contract",
        helpers=(bumped,),
        cell=(4, 0),
    ),
    Toy(
        "two_loops_of_one_name",
        "the second loop counts no round",
        """
    def run(self, n):
        total = 0
        for k in (1, 2):
            i = 0
            while i < n:
                loop("spec", self, i, n)
                i = i + 1
                total = 0 + k
        return total
""",
        ZERO,
        spec=below(),
    ),
    Toy(
        "local_of_one_branch",
        "a local that only the loop binds is 0",
        """
    def run(self, n):
        if n > 100:
            last = 0
        i = 0
        while i < n:
            loop("spec", self, i, n)
            last = 1
            i = i + 1
        if n > 0:
            return last
        return 0
""",
        ZERO,
        spec=below(),
    ),
    Toy(
        "specification_of_a_local_name",
        "the loop that counts its rounds counted none",
        counting("pass", "return i", 'said = "spec"').replace('loop("spec", self,', "loop(said, self,"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "specification_that_the_program_defines",
        "a loop calls the function of the program that bears the name of its specification",
        counting("pass"),
        (clause(lambda t: t.new.fields("Cell").a[t.heap] == 0, "a_is_0", "a is 0"),),
        "def spec(cell, i, n):\n    cell.a = 0\n    return 0\n",
        cell=(3, 0),
        spec=below(),
    ),
    Toy(
        "self_is_another_view",
        "self is the view that it was",
        counting("self = Cell(self.memory, 4096)", "if self.address == 4096:\n    return 1\nreturn 0").replace(
            'loop("spec", self,', 'loop("spec", n,'
        ),
        ZERO,
        spec=below(),
    ),
    Toy(
        "inner_for_binds",
        "a local that a for loop inside the loop binds keeps what it held",
        counting("for last in (1, 2):\n    pass", "return last", "last = 0"),
        ZERO,
        spec=below(),
    ),
    Toy(
        "handler_in_a_loop",
        "a local that a handler in the loop binds keeps what it held",
        counting(
            'try:\n    if i >= 0:\n        raise ValueError("x")\nexcept ValueError:\n    last = 1',
            "return last",
            "last = 0",
        ),
        ZERO,
        spec=below(),
    ),
    Toy(
        "loop_in_a_handler",
        "a loop in a handler leaves the field a alone",
        """
    def run(self, n):
        try:
            raise ValueError("x")
        except ValueError:
            i = 0
            while i < n:
                loop("spec", self, i, n)
                self.a = 7
                i = i + 1
        return 0
""",
        (kept,),
        spec=below(),
    ),
    Toy(
        "loop_in_a_try",
        "a loop in a try leaves the field a alone",
        """
    def run(self, n):
        i = 0
        try:
            while i < n:
                loop("spec", self, i, n)
                self.a = 7
                i = i + 1
                if i == 3:
                    raise ValueError("x")
        except ValueError:
            return 0
        finally:
            self.b = 1
        return 0
""",
        (kept,),
        spec=below(),
    ),
    Toy(
        "break_out_of_a_loop",
        "a loop that is left early ran to its end",
        counting("if i == 3:\n    break", "return i"),
        (clause(lambda t: t.result == t.n, "result_is_n"),),
        spec=below(),
    ),
    Toy(
        "measure_that_stays",
        "a loop whose counter is set back ends",
        counting("if i == 3:\n    i = i - 1", "return 0"),
        (),
        spec=below(),
        breaks="terminates",
    ),
    Toy(
        "default_that_is_a_function",
        "the function that is called is another one than the default",
        """
    def run(self, n):
        return self.step(n)

    def step(self, n, way=one):
        return way(n)
""",
        ZERO,
        "def one(n):\n    return 1",
    ),
    Toy(
        "claim_of_ones_own",
        "a struct's own claim is the machine's",
        """
    def run(self, n):
        Other.claim(self.memory, n)
        return Other(self.memory, n).c
""",
        ZERO,
        """
class Other(Struct, size=8):
    c = u64()

    @classmethod
    def claim(cls, memory, address):
        memory.claim(Other, address)
        Other(memory, address).c = 1
        return cls(memory, address)
""",
        requires=(*FRESH, Clause("none", "none there", lambda s, h, g, given: s.claimed("Other").all(lambda a: a < 0))),
        arguments={"n": PLACE},
        structs=("Cell", "Other"),
        prepare=mapping(0),
    ),
)
