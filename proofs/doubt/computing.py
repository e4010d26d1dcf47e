"""Expressions of the language, each compared with what CPython makes of it."""

from __future__ import annotations

from typing import Any

from proofs.doubt.toys import Toy, clause, result_is

KIND = "inside"
ZERO = (result_is(0),)


def answering(name: str, expression: str, sentence: str, before: str = "", yes: int = 1, **more: Any) -> Toy:
    """A program that returns ``yes`` where the expression holds, 1 in CPython, else 0 or 1."""
    method = f"\n    def run(self, n):\n        if {expression}:\n            return {yes}\n        return {1 - yes}\n"
    return Toy(name, sentence, method, ZERO, before, **more)


RECORD = """
from typing import NamedTuple


class Two(NamedTuple):
    x: int
    y: int
"""

RECORDS = """
from dataclasses import dataclass


@dataclass(frozen=True)
class Two:
    x: int
    y: int


@dataclass(frozen=True)
class Three:
    x: int
    y: int
"""


def beyond(name: str, *statements: str) -> Toy:
    """A program that computes what is no machine word out of constants, and returns it."""
    method = "\n    def run(self, n):\n" + "".join(f"        {one}\n" for one in statements)
    no_word = clause(lambda t: (t.result >= 0) & (t.result < 2**64), "word", "the result is a machine word")
    return Toy(name, "every result is a machine word", method, (no_word,), patterns=("toy.run.machine_width",))


TOYS = (
    beyond("product_of_constants", "x = 1 << 63", "return x * 4"),
    beyond("constant_that_is_negated", "x = 3", "return -x"),
    beyond("complement_of_a_constant", "x = 3", "return ~x"),
    beyond("difference_of_constants", "x = 3", "x -= 4", "return x"),
    beyond("complement_of_a_written_number", "return ~3"),
    beyond("shift_of_a_constant", "x = 1", "return x << 64"),
    answering("method_as_a_value", "(n + 0).bit_length == n.bit_length", "equal numbers have other methods"),
    answering(
        "method_of_a_view",
        "Cell(self.memory, n).run == Cell(self.memory, n).run",
        "equal views have other methods",
        yes=0,
    ),
    answering("bits_of_a_truth", "(n > 3).bit_length() == 1", "a truth has no bits"),
    answering("method_of_memory", "self.memory.map == self.memory.map", "a memory has other methods each time"),
    answering("method_that_is_there", "self.run and n == 5", "no n is 5"),
    answering(
        "record_by_place",
        "second(Two(n, 1)) == 1",
        "a record has no second part",
        RECORD + "\n\ndef second(pair):\n    return pair[1]\n",
    ),
    answering(
        "record_of_another_kind",
        "Two(n, 1) == Three(5, 1)",
        "records of two kinds differ",
        RECORD + "\n\nclass Three(NamedTuple):\n    a: int\n    b: int\n",
    ),
    answering("dataclasses_of_two_kinds", "not Two(n, 1) == Three(5, 1)", "records of two kinds are equal", RECORDS),
    answering(
        "record_with_a_view", "Two(self, 1).x.address == self.address and n == 5", "a record forgets its view", RECORD
    ),
    answering(
        "tuple_compared", "pair(n, 1) == pair(5, 1)", "tuples are never equal", "def pair(a, b):\n    return a, b\n"
    ),
    answering(
        "tuple_ordered", "pair(n, 1) < pair(6, 0)", "tuples are not ordered", "def pair(a, b):\n    return a, b\n"
    ),
    answering(
        "least_tuple",
        "min(pair(n, 1), pair(6, 0)) == pair(5, 1)",
        "the least of two tuples is the other one",
        "def pair(a, b):\n    return a, b\n",
    ),
    answering("true_constant", "True + n == 6", "True is no number"),
    answering("truth_kept_as_a_constant", "(n > 3) == (1 == 1)", "no truth is true"),
    answering("texts_in_order", '("a" < "b") == (n > 3)', "texts have no order"),
    answering("constant_of_the_module", "WIDTH + n == 5 + 2**10", "a module's numbers are others", "WIDTH = 1 << 10\n"),
    answering("truth_is_one", "(n > 3) + 1 == 2", "a truth is no number"),
    answering("number_is_true", "(n == 5) == 1", "a truth equals no number"),
    answering("complement_of_a_truth", "n + ~(n == 7) == 4", "the complement of a truth is a truth"),
    answering("truth_and_number", "(n == 5) & n == 1", "a truth and a number have no bit in common"),
    answering("least_of_a_truth", "min(n == 5, 7) == 1", "a truth is larger than 7"),
    answering("none_is_less", "(None == n) == False", "None equals every number"),
    answering("text_is_no_number", '(n == "5") == False', "a text equals a number"),
    answering("tuple_by_place", "PAIR[n == 5] == 8", "a truth names no place", "PAIR = (7, 8)"),
    answering("tuple_from_behind", "PAIR[-1] == 8", "a tuple has no last place", "PAIR = (7, 8)"),
    answering("number_and_then", "(n and 7) == 7", "a number and 7 is a truth"),
    answering("number_or_else", "(0 * n or n) == 5", "0 or a number is a truth"),
    answering("constant_beyond_words", "2**64 > n", "2**64 is no larger than a word"),
    answering("minus_one", "n > -1", "a word is no larger than -1"),
    answering("length_of_a_text", 'len("four") == 4', "a text has no length"),
    answering("record_is_a_tuple", "Two(n, 1) == Two(5, 1)", "records are never equal", RECORD),
    answering("record_is_less", "Two(n, 1) < Two(6, 0)", "records are not ordered", RECORD),
    answering("double_negation", "(not not n) == True", "a number is no truth"),
    answering("large_shift", "n >> 65 == 0", "a shift by more than a word leaves something"),
    answering("chain_of_comparisons", "1 < n < 9 > 3", "no number lies between two others"),
    answering("choice_of_kinds", "(n if n > 3 else None) == 5", "the choice is None"),
    Toy(
        "division_by_0",
        "no division is by 0",
        """
    def run(self, n):
        try:
            return 7 // (n - n)
        except ValueError:
            return 0
""",
        (clause(lambda t: t.raised == "", "returns", "it returns"),),
        breaks="raises_only",
    ),
    Toy(
        "division_by_constant_0",
        "the division by 0 is never reached",
        "\n    def run(self, n):\n        if n == 5:\n            return 7 // 0\n        return 0\n",
        (clause(lambda t: t.raised == "", "returns", "it returns"),),
        breaks="raises_only",
    ),
)
