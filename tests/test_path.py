"""Exploration visits every feasible path once, and neither drops an obligation nor emits one twice."""

import pytest
import z3

from model.language.logic import when
from proofs.engine import path as paths
from proofs.engine.path import MOST_DECISIONS, WORD_LIMIT, EngineError, Path, PathEnd
from proofs.engine.values import SymBool, SymInt
from tests.entailment import entailed, holds, single_path

WIDTH = "subject.operation.machine_width"


def named(path: Path, name: str) -> SymInt:
    return SymInt(path.integer(name))


def explored(run):
    return paths.explore("subject.operation", run)


def test_every_feasible_path_is_visited_exactly_once():
    visited = []

    def run(path):
        x, y = named(path, "x"), named(path, "y")
        visited.append((bool(x > 0), bool(y > 0), bool(x == y)))

    explored(run)
    feasible = {(a, b, c) for a in (True, False) for b in (True, False) for c in (True, False) if not (c and a != b)}
    assert sorted(visited) == sorted(feasible)


def test_infeasible_paths_are_dropped():
    def run(path):
        x = named(path, "x")
        if x > 5 and x < 3:
            pytest.fail("nothing is above 5 and below 3")

    assert len(explored(run)) == 2


def test_a_path_whose_facts_contradict_each_other_ends():
    def run(path):
        x = path.integer("x")
        path.know(x > 5)
        path.know(x < 3)
        bool(SymInt(x) == 0)
        pytest.fail("the path goes on")

    assert len(explored(run)) == 1


def test_every_path_knows_what_was_decided_on_it():
    def run(path):
        x = named(path, "x")
        side = bool(x > 5)
        assert entailed(path, x.term > 5 if side else x.term <= 5)

    assert len(explored(run)) == 2


def test_a_condition_that_is_known_takes_no_decision():
    def run(path):
        assert bool(SymBool(z3.BoolVal(True)))
        assert not bool(SymInt(z3.IntVal(3)) > SymInt(z3.IntVal(4)))

    assert single_path(run).decisions == []


def test_paths_together_cover_every_value():
    seen = []

    def run(path):
        x = named(path, "x")
        if x < 0:
            value = "negative"
        elif x == 0:
            value = "zero"
        else:
            value = "positive"
        seen.append((value, z3.And(*[fact.term for fact in path.facts])))

    explored(run)
    assert sorted(value for value, _ in seen) == ["negative", "positive", "zero"]
    solver = z3.Solver()
    solver.add(z3.Not(z3.Or(*[facts for _, facts in seen])))
    assert solver.check() == z3.unsat


# ---------------------------------------------------------------- obligations


def test_what_is_shown_before_a_decision_is_emitted_once():
    def run(path):
        x = named(path, "x")
        path.show("before", "", x.term != 99)
        decided = bool(x > 0)
        path.show("after", "", (x.term > 0) == decided)
        bool(x > 10)
        path.show("last", "", x.term != 11)

    found = [o.theorem.split(".")[-1] for path in explored(run) for o in path.obligations]
    assert found.count("before") == 1
    assert found.count("after") == 2
    assert found.count("last") == 3


def test_every_obligation_belongs_to_a_path_that_reaches_it():
    def run(path):
        x = named(path, "x")
        if x > 0:
            path.show("positive", "", x.term >= 1)
        else:
            path.show("other", "", x.term <= 0)

    obligations = [o for path in explored(run) for o in path.obligations]
    assert sorted(o.theorem.split(".")[-1] for o in obligations) == ["other", "positive"]
    assert all(holds(o) for o in obligations)


def test_an_obligation_uses_only_what_was_known_when_it_was_met():
    def run(path):
        x = named(path, "x")
        path.show("early", "", x.term > 0, then_known=False)
        path.know(x.term > 0)
        path.show("late", "", x.term >= 1)

    early, late = single_path(run).obligations
    assert not holds(early)
    assert holds(late)


def test_what_was_shown_may_be_relied_on_unless_told_otherwise():
    def run(path):
        x = named(path, "x")
        path.show("relied", "", x.term > 0, then_known=True)
        assert entailed(path, x.term > 0)
        y = named(path, "y")
        path.show("not relied", "", y.term > 0, then_known=False)
        assert not entailed(path, y.term > 0)

    assert len(single_path(run).obligations) == 2


def test_an_obvious_goal_is_counted_not_solved():
    def run(path):
        x = named(path, "x")
        path.know(x.term > 0)
        path.show("known", "", x.term > 0)
        path.show("true", "", z3.BoolVal(True))

    path = single_path(run)
    assert path.obligations == []
    assert path.trivial == {"subject.operation.known": 1, "subject.operation.true": 1}
    assert set(path.shown) == set(path.trivial)


def test_nothing_is_emitted_by_a_path_that_is_over():
    def run(path):
        try:
            raise PathEnd
        finally:
            path.over = True
            path.show("afterwards", "", z3.BoolVal(False))

    (path,) = explored(run)
    assert path.obligations == []


# ---------------------------------------------------------------- machine width


def test_arithmetic_in_an_implementation_must_give_machine_words():
    def run(path):
        x = named(path, "x")
        path.know(z3.And(x.term >= 0, x.term < WORD_LIMIT - 1))
        x + 1

    (obligation,) = single_path(run).obligations
    assert obligation.theorem == WIDTH
    assert holds(obligation)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("overflow", lambda x: x + 1),
        ("underflow", lambda x: x - 1),
        ("product", lambda x: x * x),
        ("shift", lambda x: x << 1),
        ("negative", lambda x: -x),
        ("complement", lambda x: ~x),
        ("reversed", lambda x: 0 - x),
        ("power", lambda x: x**2),
    ],
)
def test_a_result_that_may_leave_the_machine_word_is_noticed(name, make):
    def run(path):
        x = named(path, "x")
        path.know(z3.And(x.term >= 0, x.term < WORD_LIMIT))
        make(x)

    assert [holds(o) for o in single_path(run).obligations] == [False], name


def test_intermediate_results_count():
    def run(path):
        x = named(path, "x")
        path.know(z3.And(x.term >= 0, x.term < WORD_LIMIT))
        x + 1 - 1

    assert not holds(single_path(run).obligations[0])


def test_specifications_compute_with_mathematical_integers():
    def run(path):
        x = named(path, "x")
        with path.ghost():
            (x + 2**64) * -5
            with path.ghost():
                x - 1
            x - 2

    assert single_path(run).obligations == []


def test_a_width_shown_in_one_branch_is_shown_again_in_the_other():
    def run(path):
        x = named(path, "x")
        path.know(z3.And(x.term >= 0, x.term < WORD_LIMIT))
        if x > 0:
            x - 1
        else:
            x - 1

    found = [holds(o) for path in explored(run) for o in path.obligations]
    assert sorted(found) == [False, True]


def test_identities_of_dead_terms_do_not_swallow_obligations():
    count = 300

    def run(path):
        x = named(path, "x")
        path.know(x.term >= 0)
        for number in range(count):
            SymInt(x.term * (number + 2)) + number

    assert len(single_path(run).obligations) == count


def test_the_same_width_is_demanded_once_on_a_path():
    def run(path):
        x = named(path, "x")
        x + 1
        x + 1

    assert len(single_path(run).obligations) == 1


# ---------------------------------------------------------------- the rest


def test_a_loop_without_invariant_is_an_error_not_a_hang():
    def run(path):
        x = named(path, "x")
        i = 0
        with path.ghost():
            while x > i:
                i = i + 1

    with pytest.raises(EngineError, match=f"{MOST_DECISIONS} decisions"):
        explored(run)


def test_a_precondition_may_not_decide():
    with pytest.raises(EngineError, match="decides at once"):
        paths.prepare("subject.operation", lambda path: bool(named(path, "x") > 0))


def test_names_are_never_used_twice_on_a_path():
    def run(path):
        made = [path.name(stem) for stem in ("x", "x", "y", "x!0")]
        assert len(set(made)) == len(made)

    single_path(run)


def test_choosing_takes_no_decision():
    def run(path):
        x = named(path, "x")
        when(x > 0, x, 7)

    assert single_path(run).decisions == []


def test_the_parts_of_one_condition_are_described_together():
    def run(path):
        x = named(path, "x")
        bool(x > 0) and bool(x < 9)

    sides = [path.described[0].split("  -> ")[1] for path in explored(run)]
    assert sorted(sides) == ["False", "True, False", "True, True"]


def test_decisions_of_specifications_are_not_described():
    def run(path):
        with path.ghost():
            bool(named(path, "x") > 0)

    assert [path.described for path in explored(run)] == [[], []]
