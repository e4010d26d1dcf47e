"""Loops are cut at their invariants so that only what is true of the loop is proved of it."""

import pytest

from proofs.engine.path import MOST_ROUNDS, EngineError
from proofs.engine.verdict import Verdict
from tests.entailment import holds
from tests.toys import Toy, ensures

BELOW = """
def spec(heap, i, n):
    return Loop([("below", "i does not pass n", (0 <= i) & (i <= n))], n - i)
"""
COUNT = """
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            i = i + 1
        return i
"""
returns_n = ensures("returns_n", lambda t: t.result == t.n)


def specification(invariant: str = "(0 <= i) & (i <= n)", measure: str = "n - i", changes: str = "()") -> str:
    return f"""
def spec(heap, i, n):
    return Loop([("holds", "the invariant", {invariant})], {measure}, {changes})
"""


def test_a_true_invariant_proves_for_every_number_of_iterations():
    toy = Toy(COUNT, BELOW, [returns_n])
    assert toy.open() == set()
    assert {"returns_n", "spec.below", "spec.terminates", "machine_width"} <= set(toy.verdicts())


def test_after_the_loop_only_its_invariant_is_known():
    assert Toy(COUNT, specification("0 <= i"), [returns_n]).open() == {"returns_n"}


def obligations_of(toy: Toy, theorem: str):
    """Those of one theorem, on entry (before any decision) and when the loop comes round."""
    found = [o for path in toy.paths() for o in path.obligations if o.theorem == f"toy.run.{theorem}"]
    return [o for o in found if not o.decisions], [o for o in found if o.decisions]


def test_an_invariant_that_does_not_hold_on_entry_fails_there():
    toy = Toy(COUNT, specification("i >= 1"))
    entry, round_ = obligations_of(toy, "spec.holds")
    assert entry and not any(holds(o) for o in entry)
    assert all(holds(o) for o in round_)
    assert toy.verdicts()["spec.holds"] is not Verdict.PROVED


def test_an_invariant_that_an_iteration_breaks_fails_there():
    toy = Toy(COUNT, specification("i == 0"))
    entry, round_ = obligations_of(toy, "spec.holds")
    assert all(holds(o) for o in entry)
    assert round_ and not any(holds(o) for o in round_)
    assert toy.verdicts()["spec.holds"] is not Verdict.PROVED


def test_a_false_invariant_is_refuted_with_a_model():
    assert Toy(COUNT, specification("i == 0")).verdicts()["spec.holds"] is Verdict.REFUTED


@pytest.mark.parametrize("measure", ["n", "i", "n - i - 1 - i", "0 - i"])
def test_a_measure_that_does_not_fall_or_is_negative_fails(measure: str):
    assert Toy(COUNT, specification(measure=measure)).verdicts()["spec.terminates"] is not Verdict.PROVED


def test_a_loop_that_stands_still_does_not_terminate():
    assert "spec.terminates" in Toy(COUNT.replace("i = i + 1", "i = i + 0"), BELOW).open()


def test_continue_comes_round():
    method = """
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            i = i + 1
            if i % 2 == 0:
                continue
            self.a = i
        return i
"""
    assert Toy(method, specification(changes='("Cell.a",)'), [returns_n]).open() == set()


def test_continue_must_keep_the_invariant_and_lower_the_measure():
    method = """
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            if i == 5:
                continue
            i = i + 1
        return i
"""
    assert Toy(method, BELOW, [returns_n]).open() == {"spec.terminates"}


def test_break_leaves_from_an_arbitrary_iteration():
    method = """
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            if i == 5:
                break
            i = i + 1
        return i
"""
    least = ensures("least", lambda t: (t.result == t.n) | ((t.result == 5) & (t.n > 5)))
    wrong = ensures("wrong", lambda t: t.result == t.n)
    assert Toy(method, BELOW, [least, wrong]).open() == {"wrong"}


def test_return_leaves_from_an_arbitrary_iteration():
    method = """
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            if i == 7:
                return 1000
            i = i + 1
        return i
"""
    right = ensures("right", lambda t: (t.result == t.n) | ((t.result == 1000) & (t.n > 7)))
    wrong = ensures("wrong", lambda t: t.result == t.n)
    assert Toy(method, BELOW, [right, wrong]).open() == {"wrong"}


NESTED = """
def outer(heap, i, n):
    return Loop([("range", "i does not pass n", (0 <= i) & (i <= n))], n - i)


def inner(heap, i, j, n):
    return Loop([("range", "i is below n, j does not pass i", (0 <= i) & (i < n) & (0 <= j) & (j <= i))], i - j)
"""
NESTED_RUN = """
    def run(self, n):
        i = 0
        j = 0
        while i < n:
            loop("outer", self, i, n)
            j = 0
            while j < i:
                loop("inner", self, i, j, n)
                j = j + 1
                if j == 3:
                    continue
            i = i + 1
        return i
"""


def test_nested_loops_are_cut_each_at_its_own_invariant():
    toy = Toy(NESTED_RUN, NESTED, [returns_n])
    assert toy.open() == set()
    assert {"outer.range", "outer.terminates", "inner.range", "inner.terminates"} <= set(toy.verdicts())


def test_an_inner_invariant_that_is_too_weak_fails():
    forgets = NESTED.replace("& (0 <= j) & (j <= i)", "")
    assert Toy(NESTED_RUN, forgets).open() == {"machine_width"}


def test_what_the_inner_loop_changes_is_forgotten():
    method = NESTED_RUN.replace("i = i + 1", "self.a = j\n            i = i + 1")
    spec = NESTED.replace("n - i)", 'n - i, ("Cell.a",))')
    knows = ensures("knows", lambda t: (t.n == 0) | (t.new.fields("Cell").a[t.heap] == 0))
    assert Toy(method, spec, [knows]).open() == {"knows"}


def test_an_unannotated_loop_over_constants_runs_as_it_is():
    method = """
    def run(self, n):
        total = 0
        for k in (1, 2, 3):
            i = 0
            while i < n:
                loop("spec", self, i, n)
                i = i + 1
            total = total + k
        return total
"""
    assert Toy(method, BELOW, [ensures("six", lambda t: t.result == 6)]).open() == set()


def test_an_unannotated_loop_that_does_not_end_is_an_error_not_a_hang():
    method = """
    def run(self, n):
        i = 0
        while i < 3:
            i = i + 0
        return i
"""
    with pytest.raises(EngineError, match=f"{MOST_ROUNDS} rounds on one path at .* nothing known bounds its rounds"):
        Toy(method, BELOW, []).paths()


def test_a_variable_that_the_body_assigns_is_forgotten():
    method = """
    def run(self, n):
        i = 0
        last = 7
        while i < n:
            loop("spec", self, i, n)
            last = i
            i = i + 1
        return last
"""
    seven = ensures("seven", lambda t: t.result == 7)
    assert Toy(method, BELOW, [seven]).open() == {"seven"}


def test_what_the_condition_changes_is_compared_with_the_head():
    """A condition may call an operation that writes: the measure is taken before, and the change must be declared."""
    method = """
    def bump(self):
        self.a = self.a + 1
        return self.a

    def run(self, n):
        while self.bump() < n:
            loop("spec", self, n)
        return 0
"""
    spec = """
def spec(heap, n):
    return Loop([], n - heap.memory.operation.now().fields("Cell").a[heap.address], ("Cell.a",))
"""
    assert "spec.terminates" not in Toy(method, spec).open()
    assert "spec.terminates" in Toy(method, spec.replace(" - heap.memory", " + heap.memory")).open()
    with pytest.raises(EngineError, match="undeclared"):
        Toy(method, spec.replace('("Cell.a",)', "()")).paths()


def test_a_variable_that_an_earlier_round_of_an_outer_loop_left_behind_is_not_taken_for_known():
    method = """
    def run(self, n):
        for k in (0, 1):
            i = 0
            while True:
                loop("spec", self, i, n)
                if k == 1 and left == 100:
                    return 1
                left = 100 * k
                if k == 0:
                    break
                i = i + 1
                if i >= n:
                    return 0
        return 0
"""
    never = ensures("never", lambda t: t.result == 0, "false for n > 1")
    assert Toy(method, specification("0 <= i"), [never]).report().verdict is Verdict.ERROR


def test_a_variable_that_the_body_alone_binds_is_not_there_after_the_loop():
    method = """
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
            last = i
            i = i + 1
        return last
"""
    report = Toy(method, BELOW).report()
    assert report.verdict is Verdict.ERROR
    assert "last" in report.theorems[0].failures[0].reason


def test_a_local_of_a_kind_that_cannot_be_forgotten_is_an_error():
    method = """
    def run(self, n):
        i = 0
        seen = ()
        while i < n:
            loop("spec", self, i, n)
            seen = (i,)
            i = i + 1
        return i
"""
    with pytest.raises(EngineError, match="a kind that cannot be cut"):
        Toy(method, BELOW).paths()


KINDS = {"0": "False", "False": "7", "7": "None", "self": "i", "Cell(self.memory, n)": "Other(self.memory, n)"}


@pytest.mark.parametrize("first", KINDS)
def test_a_local_keeps_its_kind_round_a_loop(first: str):
    other = "\n\nclass Other(Struct, size=8):\n    c = u64()\n"
    method = COUNT.replace("i = 0", f"i = 0\n        x = {first}").replace(
        "i = i + 1", f"x = {KINDS[first]}\n            i = i + 1"
    )
    with pytest.raises(EngineError, match=r"another kind|cannot be cut"):
        Toy(method, BELOW, before=other).paths()
    Toy(method.replace(f"x = {KINDS[first]}", f"x = {first}"), BELOW, before=other).paths()


def test_invariants_that_are_generated_are_all_shown_every_time():
    """An iterator that gives its items once only is counted out before anything is shown or assumed."""
    spec = """
def spec(heap, i, n):
    return Loop(map(pick, ((0 <= i) & (i <= n), i == 0)), n - i)


def pick(truth):
    return ("one", "a statement", truth)
"""
    assert Toy(COUNT, spec, [ensures("zero", lambda t: t.n == 0)]).open() >= {"spec.one"}


STORES = """
    def run(self, n):
        i = 0
        self.a = 0
        self.b = 1
        while i < n:
            loop("spec", self, i, n)
            self.a = i
            i = i + 1
        return i
"""
