"""What is written of a term means the term, and is not longer than the term has parts."""

from __future__ import annotations

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.engine import writing
from proofs.engine.path import EngineError
from proofs.engine.readback import Reader
from proofs.engine.vocabulary import Vocabulary
from proofs.engine.writing import Writer
from tests.symbols import printed

X, Y, P = z3.Int("x"), z3.Int("y"), z3.Bool("p")
M = z3.Array("m", z3.IntSort(), z3.IntSort())
F = z3.Function("f", z3.IntSort(), z3.IntSort())


def means(text, term):
    """Whether Z3's parser reads the term in the text, in front of which the symbols are declared."""
    Reader().confirm(f"(assert {text})", Vocabulary().of(term), term)
    return True


def numbers_and_truths():
    """Terms of both sorts, in which parts occur at several places."""
    numbers = st.sampled_from([X, Y, z3.IntVal(0), z3.IntVal(-(2**70)), F(X), M[Y]])
    truths = st.sampled_from([P, X < Y, z3.BoolVal(True)])

    def larger(pair):
        n, p = pair
        return st.tuples(
            st.one_of(
                st.tuples(n, n).map(lambda t: t[0] + t[1]),
                st.tuples(n, n).map(lambda t: t[0] * t[1] - t[0]),
                st.tuples(n, n).map(lambda t: t[0] / 3 + t[1] % 7),
                st.tuples(p, n, n).map(lambda t: z3.If(t[0], t[1], t[2])),
                st.tuples(n, n).map(lambda t: z3.Store(M, t[0], t[1])[t[0] + 1]),
                n.map(lambda a: F(a) + a),
            ),
            st.one_of(
                st.tuples(p, n, n).map(lambda t: z3.And(t[0], t[1] <= t[2], t[0])),
                st.tuples(p, p).map(lambda t: z3.Or(z3.Not(t[0]), z3.Xor(*t))),
                st.tuples(p, p).map(lambda t: z3.Implies(t[0], t[1] == t[0])),
                st.tuples(n, n).map(lambda t: z3.Distinct(t[0], t[1], X)),
                st.tuples(p, n).map(lambda t: z3.ForAll([X], z3.Implies(t[0], F(X) > t[1]), patterns=[F(X)])),
                st.tuples(p, n).map(lambda t: z3.Exists([Y], z3.And(t[0], F(Y) > t[1]))),
            ),
        )

    levels = (numbers, truths)
    for _ in range(3):
        made = larger(levels)
        levels = (made.map(lambda pair: pair[0]), made.map(lambda pair: pair[1]))
    return levels[1]


@settings(deadline=None)
@given(numbers_and_truths(), st.sampled_from([0, 10, 120]))
def test_a_text_means_its_term(term, short):
    """Whatever is short enough to be written out; where a text is given, for some terms are left to Z3's printer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "SHORT", short)
        text = Writer().text(term)
    if text is None:
        assert "forall" in term.sexpr() or "exists" in term.sexpr()
    else:
        assert means(text, term)


def test_what_occurs_often_is_written_once():
    inner = X * Y + X
    for _ in range(60):
        inner = inner * inner + inner
    text = Writer().text(inner == 5)
    assert len(text) < 4_000
    assert means(text, inner == 5)


def test_a_part_of_a_quantifier_has_its_name_inside():
    """The bound variable of a long part that occurs twice is bound where the part is named."""
    long = F(X) * F(X + 1) * F(X + 2) * F(X + 3) * F(X + 4) * F(X + 5) * F(X + 6) * F(X + 7) * F(X + 8) * F(X + 9)
    term = z3.ForAll([X], z3.Implies(long > 0, long > Y), patterns=[F(X)])
    text = Writer().text(z3.And(term, z3.Not(term)))
    assert text.count("(let ") == 2
    assert means(text, z3.And(term, z3.Not(term)))


@pytest.mark.parametrize(
    "term",
    [
        z3.BitVec("b", 8) == 3,
        z3.Real("r") == 3,
        z3.Lambda([X], X)[Y] == 3,
        z3.K(z3.IntSort(), z3.IntVal(0)) == M,
        z3.ForAll([X], F(X) > 0, weight=3),
        z3.ForAll([X], z3.Exists([X], F(X) > 0)),
        z3.ForAll([z3.Real("r")], z3.Real("r") > 0),
    ],
    ids=str,
)
def test_what_is_not_known_is_left_to_another_printer(term):
    """A kind of term, of sort, of quantifier; two variables of one name."""
    assert Writer().text(term) is None


def test_two_formulas_share_no_name():
    """A name that one formula gives to a part is not taken in another."""
    writer = Writer()
    parts = [sum((F(X + n) * F(Y + n) for n in range(k, k + 12)), z3.IntVal(0)) for k in (0, 1)]
    for part in parts:
        term = part * part == 1
        assert means(writer.text(term), term)


EVERY = z3.And(
    z3.Or(X <= Y, X < Y, z3.Not(X >= Y)),
    z3.Implies(P, X > Y),
    z3.Xor(P, z3.BoolVal(True)),
    z3.Or(P, z3.BoolVal(False), z3.Distinct(X, Y)),
    z3.If(P, X + Y, X - Y) == -X * (X / 3) * (Y % 7),
    z3.Store(M, X, Y)[Y] == 5,
)
CONFUSED = {
    "<=": "<", "<": "<=", ">=": ">", ">": ">=", "and": "or", "or": "and", "=>": "or", "xor": "=", "not": "and",
    "true": "false", "false": "true", "distinct": "=", "=": "distinct", "+": "*", "-": "+", "*": "+", "div": "mod",
    "mod": "div", "ite": "and", "select": "store", "store": "select",
}  # fmt: skip


@pytest.mark.parametrize(("name", "other"), CONFUSED.items())
def test_a_writer_that_takes_one_operator_for_another_is_caught(name, other, monkeypatch):
    kinds = [kind for kind, known in writing.OPERATORS.items() if known == name]
    for kind in kinds:
        monkeypatch.setitem(writing.OPERATORS, kind, other)
    assert kinds
    with pytest.raises(EngineError):
        printed(EVERY)


def test_every_operator_is_confused_with_another_once():
    assert set(CONFUSED) == set(writing.OPERATORS.values())
    assert "(assert (not (and" in printed(EVERY)


def test_a_writer_that_confuses_its_names_is_caught(monkeypatch):
    """A part that stands at several places is written as another one that does."""
    honest = writing.written
    monkeypatch.setattr(writing, "written", lambda node: honest(node).replace("a!2", "a!1"))
    first, second = (sum((F(X + n) * F(Y + n) for n in range(k, k + 12)), z3.IntVal(0)) for k in (0, 1))
    assert "a!2" in honest(Writer()._node((first * second == first + second).ast, (), {}))
    with pytest.raises(EngineError):
        printed(first * second == first + second)
