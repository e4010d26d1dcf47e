"""The text of a problem means its terms, whatever the names in it."""

from __future__ import annotations

import pytest
import z3

from model.language.logic import every, implies
from proofs.engine import names
from proofs.engine.path import EngineError
from proofs.engine.smtlib import Printer
from tests.symbols import THEORY, printed
from tests.toys import RETURN_N, Toy, ensures

ODD = (
    *("a", "a!1", "a!2", "n!0", "n$0", "x?", "x?0", "true", "select", "let", "div", "power", "defined.n", "|", "|n|"),
    *(
        "n n",
        "(",
        ")(assert false",
        "\\",
        "é",
        chr(21517),
        "",
        "9",
        "-1",
        ".",
        "@",
        "%",
        "shown!0",
        "_",
        "forall",
        ";",
        '"',
    ),
)


@pytest.mark.parametrize("name", ODD)
def test_an_argument_may_have_any_name(name):
    """What is false of it is not proved, and what is true of it is."""

    def sentences(t):
        n = t.arguments[name]
        long = every([(n * k) // 7 + (n * k) // 7 * n != 3 for k in range(1, 40)])
        return n, implies(long, n < n + 1), implies(long, n < n)

    toy = Toy(
        RETURN_N,
        "",
        [ensures("right", lambda t: sentences(t)[1]), ensures("wrong", lambda t: sentences(t)[2])],
        [],
        (name,),
    )
    assert toy.open() == {"wrong"}


def test_no_two_kinds_of_names_meet():
    made = [
        *(names.constant(stem, number) for stem in ODD for number in (0, 1, 10)),
        *(names.defined(stem) for stem in ODD),
        *(names.bound(stem, depth, scope) for stem in ODD for depth in (0, 1) for scope in ((), *((s,) for s in ODD))),
        *THEORY,
        *(f"a!{number}" for number in range(20)),
        *("div!", "mod!", "shown!0", "shown!1"),
    ]
    assert len(made) == len(set(made))
    for name in made:
        assert z3.Int(name).sexpr() == name, "a simple symbol of SMT-LIB needs no quotes"


def shared(x):
    """A term in which the printer names what occurs more than once."""
    inner = z3.Int("f") * x + x
    for _ in range(6):
        inner = inner * inner + inner
    return inner * x == 5 + x


def test_a_text_that_captures_a_name_is_refused():
    """z3's printer calls such a part a!1, whether or not there is a constant of that name."""
    assert "a!1" in printed(shared(z3.Int("b")))
    for number in (1, 2, 3):
        with pytest.raises(EngineError, match=r"says something else|two symbols"):
            printed(shared(z3.Int(f"a!{number}")))


def test_a_text_declares_no_name_twice():
    p, n = z3.Bool("p"), z3.Int("p")
    with pytest.raises(EngineError, match="two symbols are called p"):
        printed(p, n == 3)


@pytest.mark.parametrize("name", ["select", "x y", "a|b", ") (assert false", "true"])
def test_a_symbol_that_got_a_strange_name_anyhow_is_refused_or_means_itself(name):
    term = z3.Int(name) == 3
    try:
        text = printed(term, z3.Int("y") == 3)
    except EngineError:
        return
    (_, read) = z3.parse_smt2_string(text)
    assert read.eq(z3.Not(term))


def test_every_kind_of_term_is_read_back_as_it_was():
    x, y, f = z3.Int("x"), z3.Int("y"), z3.Function("f", z3.IntSort(), z3.IntSort())
    m, p = z3.Array("m", z3.IntSort(), z3.IntSort()), z3.Bool("p")
    terms = [
        x - 5 == -7,
        z3.IntVal(-(2**70)) <= x,
        z3.And(p, z3.And(p, z3.Or(p, z3.Or(x == 1, y == 2)))),
        x + (y + (x + 1)) == (x * y) * x,
        z3.Store(m, x, -1) == z3.K(z3.IntSort(), z3.IntVal(0)),
        z3.ForAll([x], z3.Exists([y], f(x) > y, weight=3), patterns=[z3.MultiPattern(f(x), m[x])]),
        z3.If(p, x / 3, x % -3) == -x,
        z3.Distinct(x, y, f(x)),
        z3.Xor(p, z3.Implies(p, x > y)),
    ]
    for term in terms:
        assert "(assert" in printed(term, term)


def test_a_printer_that_says_something_else_is_caught(monkeypatch):
    x = z3.Int("x")
    for lie in ("(> x 4)", "(< x 3)", "(not (> x 3))", "(> 3 x)", "(> x 3)) (assert false", "(> y 3)"):
        monkeypatch.setattr(Printer, "text", lambda self, term, lie=lie: lie)
        with pytest.raises(EngineError):
            printed(x > 3)
