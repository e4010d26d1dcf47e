"""What denies that something is in a set is told from what affirms it."""

import pytest
import z3

from proofs.engine.polarity import denied

PAGES = z3.Array("pages", z3.IntSort(), z3.BoolSort())
OTHERS = z3.Array("others", z3.IntSort(), z3.BoolSort())
X, P, Q = z3.Int("x"), z3.Bool("p"), z3.Bool("q")
IN = z3.Select(PAGES, X)


@pytest.mark.parametrize(
    "formula",
    [
        *(IN, z3.And(P, IN), z3.Or(P, IN), z3.Implies(P, IN), z3.Not(z3.Not(IN)), z3.If(P, IN, Q)),
        *(z3.ForAll([X], z3.Implies(X > 3, IN)), z3.Not(z3.Select(OTHERS, X)), z3.Implies(z3.Not(IN), P)),
    ],
)
def test_what_only_affirms_membership_denies_nothing(formula):
    assert not denied([formula], PAGES)


@pytest.mark.parametrize(
    "formula",
    [
        *(
            z3.Not(IN),
            z3.And(P, z3.Not(IN)),
            z3.Implies(IN, P),
            IN == P,
            z3.Xor(IN, P),
            z3.If(IN, P, Q),
            z3.If(P, Q, ~IN),
        ),
        *(z3.ForAll([X], z3.Implies(IN, X > 3)), PAGES == OTHERS, z3.If(IN, z3.IntVal(1), X) == 1, z3.Distinct(IN, P)),
        z3.Select(OTHERS, z3.If(IN, z3.IntVal(1), X)),
    ],
)
def test_what_may_deny_membership_is_found(formula):
    assert denied([formula], PAGES)
