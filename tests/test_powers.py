"""The laws of powers of two: each is proved for concrete exponents, with the functions put in."""

from itertools import product

import pytest
import z3

from model.language.logic import implies
from model.language.words import is_word
from proofs.engine import multiples
from proofs.engine.powers import LAWS, Law, variables
from tests.toys import Toy, ensures

EXPONENTS = [*range(0, 20), 30, 31, 32, 62, 63]


def flipped(a, k):
    return z3.If((a / 2**k) % 2 == 0, a + 2**k, a - 2**k)


REAL = multiples.Multiples(
    lambda k: z3.IntVal(2**k),
    lambda a, k: a % 2**k,
    flipped,
    lambda a, k: a * 2**k,
    lambda a, k: a / 2**k,
)


def holds(law, numbers, exponents):
    solver = z3.Solver()
    solver.add(*[n >= 0 for n in numbers])
    solver.add(z3.Not(as_formula(law.formula(REAL, *numbers, *[Exponent(k) for k in exponents]))))
    return solver.check() == z3.unsat


def as_formula(value):
    return z3.BoolVal(value) if isinstance(value, bool) else value


class Exponent(int):
    """A concrete exponent; comparisons give formulas, as they do for a symbolic one."""

    def __add__(self, other):
        return Exponent(int(self) + other)

    def __lt__(self, other):
        return z3.BoolVal(int(self) < int(other))

    def __le__(self, other):
        return z3.BoolVal(int(self) <= int(other))

    def __eq__(self, other):
        return z3.BoolVal(int(self) == int(other))

    def __ge__(self, other):
        return z3.BoolVal(int(self) >= int(other))

    __hash__ = int.__hash__


@pytest.mark.parametrize("law", [*LAWS, *multiples.LAWS], ids=lambda law: law.name)
def test_law_holds_for_each_exponent(law):
    numbers, exponents = variables(law)
    for chosen in product(EXPONENTS, repeat=len(exponents)):
        assert holds(law, numbers, chosen), chosen


def test_flip_is_exclusive_or():
    a = z3.BitVec("a", 70)
    for k in range(64):
        by_bits, by_sum = a ^ (1 << k), z3.If(z3.Extract(k, k, a) == 0, a + (1 << k), a - (1 << k))
        assert z3.Solver().check(by_bits != by_sum) == z3.unsat


def test_wrong_law_is_noticed():
    wrong = Law("wrong", 1, 1, lambda g, a, x: g.flip(a, x) == a + g.power(x), lambda g, a, x: [g.flip(a, x)])
    numbers, _ = variables(wrong)
    assert not holds(wrong, numbers, [3])


QUOTIENT = """
    def run(self, n, k):
        if k >= 64:
            return 0
        return n // (1 << k)
"""
words = ensures("words", lambda state, heap, ghost, given: is_word(given["n"]) & is_word(given["k"]))


@pytest.mark.parametrize(
    ("says", "proved"),
    [
        (lambda t: t.result == t.n >> t.k, True),
        (lambda t: t.result == t.n // (1 << t.k), True),
        (lambda t: t.n * (1 << t.k) == t.n << t.k, True),
        (lambda t: (1 << t.k) * t.n == t.n << t.k, True),
        (lambda t: t.result == t.n >> (t.k + 1), False),
        (lambda t: t.n * (1 << t.k) == t.n, False),
    ],
)
def test_quotients_and_products_of_powers_are_the_shifts(says, proved):
    demand = ensures("says", lambda t: implies(t.k < 64, says(t)))
    toy = Toy(QUOTIENT, demands=[demand], requires=[words], arguments=("n", "k"))
    assert toy.open() == (set() if proved else {"says"})
