"""Contracts: what a caller relies on, and what was proved of the operation that it calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.language.logic import Clause, Operation
from proofs.doubt.toys import Toy, clause, result_is, unmoved

KIND = "contracts"
ZERO = (result_is(0),)
BY_CONTRACT = "from model.language.annotations import by_contract"

minus_five = clause(lambda t: t.result == -5, "minus_five", "the result is -5")
nothing = clause(lambda t: t.result == 0, "nothing", "the result is 0")
wrong = clause(lambda t: t.result == 1, "wrong", "the result is 1")


def bump(demands: Sequence[Clause], **more: Any) -> Operation:
    """An operation without arguments that others call by contract."""
    facts = {"changes": ("Cell.a",), "raises": (), **more}
    return Operation("bump", (), unmoved, tuple(demands), facts.pop("requires", ()), **facts)


def sealed(body: str, run: str) -> str:
    """The methods ``bump``, called by contract, and ``run``."""
    inner = body.strip().replace("\n", "\n        ")
    outer = run.strip().replace("\n", "\n        ")
    return f"""
    @by_contract
    def bump(self):
        {inner}

    def run(self, n):
        {outer}
"""


OTHER = """
from model.language.annotations import by_contract


class Other:
    def __init__(self, memory, address):
        self.memory = memory
        self.address = address

    @by_contract
    def bump(self):
        return 1
"""

BASE = """


class Base(Struct, size=16):
    a = u64()
    b = u64()

    @by_contract
    def bump(self):
        return 1
"""

TOYS = (
    Toy(
        "negative_word",
        "what is called a word is not negative",
        sealed("return -5", "if self.bump() < 0:\n    return 1\nreturn 0"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((minus_five,), returns="word", changes=()),),
    ),
    Toy(
        "method_of_another_class",
        "the method of another class does what the cell's method of that name does",
        sealed("return 0", "return Other(self.memory, self.address).bump()"),
        ZERO,
        OTHER,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "method_of_a_subclass",
        "a subclass does by contract what its base does",
        sealed("return 0", "return Sub(self.memory, self.address).bump()")
        + "\n\nclass Sub(Cell):\n    @by_contract\n    def bump(self):\n        return 1\n",
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "helper_of_a_subclass",
        "a subclass does by contract what its base does, whatever its own helpers do",
        sealed("return self.step()", "return Sub(self.memory, self.address).bump()")
        + "\n    def step(self):\n        return 0\n\n\nclass Sub(Cell):\n    def step(self):\n        return 1\n",
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "bare_name_of_a_base",
        "the method of a base does by contract what the cell's method of that name does",
        sealed("return 0", "return Base(self.memory, self.address).bump()"),
        ZERO,
        BY_CONTRACT + BASE,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "function_of_that_name",
        "a function does by contract what the method of its name does",
        sealed("return 0", "return bump(self)") + "\n\n@by_contract\ndef bump(view):\n    return 1\n",
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "renamed_decorator",
        "what is decorated under another name goes by its own text",
        sealed("return 0", "return self.bump()").replace("@by_contract", "@by_contract\n    @other"),
        ZERO,
        BY_CONTRACT + "\n\n\ndef other(function):\n    return lambda view: 1\n",
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "method_put_in_place_of_another",
        "the operation that is called is the one that was proved",
        sealed("return 0", "return self.bump()") + "\n    other = bump\n\n    def bump(self):\n        return 1\n",
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "truth_that_is_a_word",
        "a truth that is called a word is neither 0 nor 1",
        sealed("return self.a == 0", "if self.bump():\n    return 1\nreturn 0"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((), returns="word", changes=()),),
    ),
    Toy(
        "result_of_nothing",
        "what is said to return nothing returns nothing",
        sealed("if self.a == 0:\n    return 0\nreturn", "if self.bump() is None:\n    return 0\nreturn 1"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((), returns="nothing", changes=()),),
    ),
    Toy(
        "large_word",
        "what is called a word is one",
        sealed("return 18446744073709551616", "if self.bump() > 18446744073709551615:\n    return 1\nreturn 0"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((), returns="word", changes=()),),
    ),
    Toy(
        "none_among_words",
        "what is called a word is never None",
        sealed("if self.a > 0:\n    return 0\nreturn", "x = self.bump()\nif x is None:\n    return 1\nreturn 0"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((), returns="word", changes=()),),
    ),
    Toy(
        "view_among_words",
        "what is called a word is one",
        sealed("return self", "x = self.bump()\nif x is self:\n    return 1\nreturn 0"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((), returns="word", changes=()),),
    ),
    Toy(
        "state_kept_by_the_callee",
        "an attribute that the callee sets is not set",
        sealed("self.tmp = 1\nreturn 0", "self.tmp = 0\nself.bump()\nreturn self.tmp"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
        breaks="raises_only",
    ),
    Toy(
        "view_moved_by_the_callee",
        "the callee leaves the view where it lay",
        sealed(
            "self.address = 4096\nreturn 0",
            "view = Cell(self.memory, self.address)\nview.bump()\nreturn 0 if view.address == self.address else 1",
        ),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "callee_that_does_not_end",
        "the callee comes back",
        sealed('while True:\n    loop("spec", self)\n    pass\nreturn 0', "self.bump()\nreturn 0"),
        ZERO,
        BY_CONTRACT,
        spec="def spec(cell):\n    return Loop([], 1)\n",
        helpers=(bump((wrong,), returns="word", changes=()),),
        breaks="terminates",
    ),
    Toy(
        "callee_left_out",
        "the callee, whose theorem is false and not asked for, returns 0",
        sealed("return 1", "return self.bump()"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
        patterns=("toy.run",),
    ),
    Toy(
        "precondition_left_out",
        "only what is shown of the caller counts, not whether the callee keeps its word",
        sealed("return self.a", "self.a = 3\nreturn self.bump()"),
        (nothing,),
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
        patterns=("toy.run.nothing", "toy.run.calls.*"),
    ),
    Toy(
        "two_operations_of_one_name",
        "of two operations of one name the false one holds",
        sealed("return 1", "return self.bump()"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((wrong,), returns="word", changes=()), bump((nothing,), returns="word", changes=())),
    ),
    Toy(
        "two_operations_of_one_name_the_false_one_first",
        "of two operations of one name the first is meant, whichever was proved",
        sealed("return 1", "return self.bump()"),
        ZERO,
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()), bump((wrong,), returns="word", changes=())),
    ),
    Toy(
        "class_method_by_contract",
        "a class method does by contract what its class does not",
        sealed("return 0", "return Cell.bump(self)").replace("def bump(self)", "def bump(self)")
        + "\n    @classmethod\n    @by_contract\n    def other(cls):\n        return 1\n",
        (result_is(1),),
        BY_CONTRACT,
        helpers=(bump((nothing,), returns="word", changes=()),),
    ),
    Toy(
        "operation_within_itself",
        "an operation that calls itself comes back",
        """
    @by_contract
    def run(self, n):
        return self.run(n)
""",
        ZERO,
        BY_CONTRACT,
        told={"changes": (), "returns": "word"},
        breaks="raises_only",
    ),
    Toy(
        "result_that_is_true",
        "what is said to return a word returns no truth",
        sealed("return self.a == 0", "return self.bump()"),
        (clause(lambda t: t.result != 1, "not_1", "the result is not 1"),),
        BY_CONTRACT,
        helpers=(bump((), returns="word", changes=()),),
    ),
)
