"""The laws of bits: each is proved in bit-vectors for all words and places; the operators agree with CPython."""

import pytest
import z3

from proofs.engine import path as paths
from proofs.engine.bits import ALL_ONES, LAWS, RANGES, SYMBOLIC, WIDTH, Bits, Law
from proofs.engine.values import SymInt
from tests.entailment import single_path


def vector(value):
    return z3.BitVecVal(value, WIDTH)


def length(a):
    result = vector(0)
    for place in range(WIDTH):
        result = z3.If(z3.Extract(place, place, a) == 1, vector(place + 1), result)
    return result


REAL = Bits(
    z3.LShR,
    lambda a, k: a | (vector(1) << k),
    lambda a, k: a & z3.LShR(vector(ALL_ONES), k),
    lambda a, k: a ^ (vector(1) << k),
    length,
    lambda a, k: z3.Extract(0, 0, z3.LShR(a, k)) == 1,
    z3.ULE,
)


def holds(law):
    places = [z3.BitVec(name, WIDTH) for name in "xy"[: law.places]]
    solver = z3.Solver()
    solver.add(*[z3.ULT(place, WIDTH) for place in places])
    solver.add(z3.Not(law.formula(REAL, z3.BitVec("a", WIDTH), *places)))
    return solver.check() == z3.unsat


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_law_holds_of_every_word(law):
    assert holds(law)


def test_wrong_law_is_noticed():
    assert not holds(Law("wrong", 1, lambda g, a, x: g.bit(g.with_bit(a, x), x) == g.bit(a, x), lambda g, a, x: [a]))


def test_results_are_words():
    """Bit-vector operations of 64 bits give 64 bits: nothing to be proved; the four functions are the four meant."""
    assert len(RANGES) == 4
    assert all(z3.is_app(result(SYMBOLIC, z3.Int("a"), z3.Int("x"))) for result in RANGES)


# ---------------------------------------------------------------- the operators


@pytest.mark.parametrize("word", [0, 1, 0b1011, 2 ** (WIDTH - 1), 2**WIDTH - 1])
@pytest.mark.parametrize("place", [0, 2, 17, WIDTH - 1])
def test_operators_are_what_the_laws_say_of_the_values_of_cpython(word, place):
    """With CPython's results put in for the functions, no law is broken, and no other bit would do."""

    def body(path):
        a, k = SymInt(z3.Int("a")), SymInt(z3.Int("k"))
        path.know(z3.And(a.term == word, k.term == place))
        with path.ghost():
            pairs = [
                ((a >> k) % 2, (word >> place) % 2),
                (((a | (1 << k)) >> k) % 2, 1),
                (((a ^ (1 << k)) >> k) % 2, 1 - (word >> place) % 2),
                (((a & (ALL_ONES >> k)) >> k) % 2, ((word & (ALL_ONES >> place)) >> place) % 2),
                (a.bit_length(), word.bit_length()),
            ]
        facts = [fact.term for fact in path.facts]
        right = [got.term == expected for got, expected in pairs]
        assert satisfiable(facts + right)
        for (got, expected), others in zip(pairs[1:4], ([right[0]], [right[0]], [right[0]]), strict=True):
            assert not satisfiable([*facts, *others, got.term != expected])

    paths.explore("bits", body)


def satisfiable(terms):
    solver = z3.SimpleSolver()
    solver.set("auto_config", False)
    solver.set("mbqi", False)
    solver.add(*terms)
    return solver.check() != z3.unsat


def test_bits_are_taken_of_words_only():
    """In an implementation it must be shown that the operand is a word and the place one of its 64."""

    def body(path):
        SymInt(path.integer("a")) >> SymInt(path.integer("k"))

    sentences = [obligation.sentence for obligation in single_path(body).obligations]
    assert "every shift is by less than the width of a machine word" in sentences
    assert "bits are taken of machine words" in sentences
