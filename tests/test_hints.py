"""Hints: what is recorded is what proofs use; it changes what is tried first, and never what is proved."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from proofs import registry
from proofs.cli import drystone
from proofs.engine import hints, recording, slices
from proofs.engine.hints import BadLock, parsed, rendered
from proofs.engine.operation import verify
from proofs.engine.recording import Found, Met, look, record, stale, updated, without
from proofs.engine.runner import Options, prove
from proofs.engine.smtlib import Printer
from proofs.engine.verdict import Verdict
from tests.toys import Toy, ensures

RUN = """
    def run(self, n):
        self.a = n
        return self.a // 2
"""
SMALL = ensures("small", lambda t: t.result <= t.n)
THEOREM = "toy.run.small"
HINTS = {
    "heap.free.ranks": ("bounds", "tiling"),
    "heap.free.ranks +-+:1": ("tiling",),
    "heap.free.ranks :2": (),
    "heap.free.cost": (),
    "heap.alloc.fits": tuple(f"law_{n}" for n in range(10, 50)),
}


def toy(hint=None):
    made = Toy(RUN, "", (SMALL,))
    found = {} if hint is None else {THEOREM: hint}
    return made, replace(made.proof, hints=found)


def obligations(made, proof):
    paths = verify(proof, proof.subject.operations[0], made.source)
    return [one for path in paths for one in path.obligations if one.theorem == THEOREM]


def silent(done, total):
    pass


# ---------------------------------------------------------------- the lock file


def test_what_is_written_is_read_back():
    assert parsed(rendered(HINTS)) == HINTS


def test_lines_are_short_and_theorems_in_order():
    lines = rendered(HINTS).splitlines()
    assert max(map(len, lines)) <= 120
    heads = [line for line in lines if line[0] not in " #"]
    assert heads == sorted(HINTS)
    assert heads.index("heap.free.ranks") < heads.index("heap.free.ranks +-+:1")


def test_places_with_the_same_hint_stand_behind_one_another():
    """And those with the hint of their theorem stand there, too: it may be another one in the lock of another word."""
    places = [f"heap.free.ranks {'+-' * 9}{end}:1" for end in ("", "+", "++", "-", "--", "-+")]
    found = {"heap.free.ranks": ("a", "b"), **dict.fromkeys(places, ("c",)), "heap.free.ranks -:1": ("a", "b")}
    text = rendered(found)
    assert parsed(text) == found
    assert max(map(len, text.splitlines())) <= 120
    assert len(text.splitlines()) < 2 + len(found) + 3
    assert sum(line == "    c" for line in text.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "    bounds\n",
        "heap.free tiling\n",
        "heap.free +-:1 tiling\n",
        "heap.free +-:0\n",
        "heap.free\n    a\nheap.free\n    b\n",
        "heap.free +:1\n    a\nheap.free  +:1\n    b\n",
        "heap.free +:1 -:1 +:1\n    a\n",
        "heap.free +:1\n    -:1 a\n    +:1 b\n",
    ],
)
def test_a_lock_that_says_nothing_is_refused_with_its_line(text):
    with pytest.raises(BadLock, match=r"line \d"):
        parsed(text)


def test_a_subject_without_a_lock_has_no_hints():
    assert hints.recorded("no_heap") == {}


@pytest.mark.parametrize("name", registry.SUBJECTS)
def test_every_subject_has_a_lock_as_the_command_writes_it(name):
    text = hints.file_of(name).read_text()
    assert rendered(parsed(text)) == text
    assert registry.proof_of(name).hints == parsed(text)


def test_a_narrow_word_has_a_lock_of_its_own_which_holds_what_differs(monkeypatch, tmp_path):
    monkeypatch.setattr(hints, "file_of", lambda name, bits=32: tmp_path / f"{name}.{bits}")
    (tmp_path / "heap.64").write_text("heap.free\n    a\nheap.init\n    b\n")
    (tmp_path / "heap.32").write_text("heap.free\n    c\n")
    monkeypatch.setattr(hints, "WORD_BITS", 32)
    assert hints.recorded("heap") == {"heap.free": ("c",), "heap.init": ("b",)}
    assert hints.to_be_kept("heap", {"heap.free": ("c",), "heap.init": ("b",)}) == {"heap.free": ("c",)}
    monkeypatch.setattr(hints, "WORD_BITS", 64)
    assert hints.to_be_kept("heap", {"heap.free": ("c",)}) == {"heap.free": ("c",)}


# ---------------------------------------------------------------- what they do


def test_the_facts_that_are_named_are_tried_first_and_then_all():
    made, proof = toy(("n_is_a_word",))
    (obligation, *_) = obligations(made, proof)
    first = Printer().chosen(obligation, frozenset(obligation.hint))
    assert {fact.label for fact in first if fact.label} <= {"n_is_a_word"}
    assert len(Printer().chosen(obligation, None)) == obligation.known


HALVES = """
    def run(self, n):
        if n > 7:
            self.a = n
            return n // 2
        self.a = n
        return 0
"""


def test_an_obligation_has_its_own_hint_or_that_of_its_theorem():
    """Its place says what its path decides, and which one it is there; not at which line, nor what else is shown."""
    places = [f"{THEOREM} {decisions}:1" for decisions in ("+", "-")]
    for text in (HALVES, HALVES.replace("self.a = n", "pass\n            self.a = n", 1)):
        made = Toy(text, "", (SMALL,))
        found = obligations(made, replace(made.proof, hints={THEOREM: ("a",), places[1]: ("b",)}))
        assert {one.place: one.hint for one in found} == {places[0]: ("a",), places[1]: ("b",)}


@pytest.mark.parametrize("hint", [None, (), ("nothing_of_that_name",)])
def test_no_hint_makes_a_difference_to_what_is_proved(hint):
    made, proof = toy(hint)
    report = prove([proof], (), Options(jobs=1, sources={"toy": made.source}))
    assert {theorem.id: theorem.verdict for theorem in report.theorems}[THEOREM] is Verdict.PROVED


def test_no_hint_proves_what_is_false():
    made = Toy(RUN, "", (ensures("small", lambda t: t.result < t.n),))
    proof = replace(made.proof, hints={THEOREM: ()})
    report = prove([proof], (), Options(jobs=1, sources={"toy": made.source}))
    assert {theorem.id: theorem.verdict for theorem in report.theorems}[THEOREM] is Verdict.REFUTED


# ---------------------------------------------------------------- recording


@pytest.fixture(scope="module")
def dumped():
    proof = registry.proof_of("segment_heap")
    operation = proof.subject.operation("dump")
    (found,) = record([(proof, operation)], 1, silent)
    return proof, operation, found


def test_what_is_recorded_is_known_and_suffices(dumped):
    proof, operation, found = dumped
    assert found.used
    for head, names in found.used.items():
        assert names is not None
        assert names <= found.known[head]
    hinted = replace(proof, hints={head: tuple(names) for head, names in found.used.items()})
    for path in verify(hinted, operation):
        for one in path.obligations:
            text = str(Printer().problem(one, frozenset(one.hint)))
            assert recording.solve(text, False).answer == "unsat", one.theorem


def test_without_a_hint_easy_theorems_are_proved_too(dumped):
    proof, operation, _ = dumped
    (count,) = without([(proof, operation)], 1, silent)
    assert 0 < count.proved <= count.obligations


def test_a_hint_that_means_nothing_is_told(dumped):
    proof, operation, _ = dumped
    met = look([(proof, operation)], 1, silent)
    place = next(iter(met[0].known))
    theorem, _ = place.split()
    assert stale({theorem: ("tilling",)}, met) == [f"{theorem} knows nothing called tilling"]
    assert stale({place: ("tilling",)}, met) == [f"{place} knows nothing called tilling"]
    assert stale({"segment_heap.dump.gone": ()}, met) == ["segment_heap.dump.gone is no theorem that asks the solver"]
    assert stale({f"{place}0": ()}, met) == [f"{place}0 is no place that asks the solver"]
    assert stale({head: tuple(met[0].known[head]) for head in (theorem, place)}, met) == []


def test_an_operation_that_cannot_be_executed_is_told_and_keeps_its_hints():
    failed = Found("heap.free", {}, "RuntimeError: no")
    assert stale({}, [Met("heap.free", {}, "RuntimeError: no")]) == ["heap.free cannot be executed: RuntimeError: no"]
    assert updated(HINTS, [failed]) == HINTS


def test_new_hints_replace_those_of_their_operation_and_no_others():
    known = {"heap.free.new": frozenset("ab"), "heap.free.cost": frozenset()}
    used = {"heap.free.new": frozenset("ba"), "heap.free.new +:1": frozenset("c"), "heap.free.cost": None}
    assert updated(HINTS, [Found("heap.free", known, "", used)]) == {
        "heap.free.new": ("a", "b"),
        "heap.free.new +:1": ("c",),
        "heap.free.cost": (),
        "heap.alloc.fits": HINTS["heap.alloc.fits"],
    }


def test_what_is_not_proved_keeps_all_its_hints():
    found = updated(HINTS, [Found("heap.free", {}, "", {"heap.free.ranks": None})])
    assert found == {head: names for head, names in HINTS.items() if head != "heap.free.cost"}


def test_a_theorem_that_needs_all_facts_has_no_hint():
    found = Found("heap.alloc", {}, "", {"heap.alloc.fits": slices.ALL})
    assert "heap.alloc.fits" in HINTS
    assert "heap.alloc.fits" not in updated(HINTS, [found])


def test_a_hint_that_does_stays_and_one_that_does_not_is_replaced(dumped):
    """So a lock file does not change without need: what was recorded is recorded again, and so is more that does."""
    proof, operation, found = dumped
    wide = {head: tuple(sorted(names)) for head, names in found.known.items() if " " not in head}
    hints = {**wide, **{head: tuple(sorted(names)) for head, names in found.used.items() if len(names) > 2}}
    (again,) = record([(replace(proof, hints=hints), operation)], 1, silent)
    assert {theorem: tuple(sorted(names)) for theorem, names in again.used.items()} == hints
    (mended,) = record([(replace(proof, hints=dict.fromkeys(hints, ())), operation)], 1, silent)
    assert any(mended.used.values())
    assert None not in mended.used.values()


# ---------------------------------------------------------------- the command


def run(*arguments):
    return CliRunner().invoke(drystone, ["hints", *arguments], standalone_mode=False)


@pytest.mark.parametrize("name", ["segment_heap", "block_heap", "virtual_memory", "stack"])
def test_every_hint_means_something(name):
    result = run("--check", "--jobs", "1", name)
    assert (result.return_value, result.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["frame_allocator", "address_space", "bin_heap", "bucket_heap"])
def test_every_hint_of_a_large_subject_means_something(name):
    result = run("--check", "--jobs", "1", name)
    assert (result.return_value, result.stderr) == (0, "")


def test_a_stale_hint_ends_1(monkeypatch):
    proof = registry.proof_of("stack")
    monkeypatch.setattr(
        registry, "proof_of", lambda name: SimpleNamespace(subject=proof.subject, hints={"stack.gain.gone": ()})
    )
    monkeypatch.setattr(recording, "look", lambda work, jobs, progress: [])
    result = run("--check", "stack")
    assert result.return_value == 1
    assert "stack.gain.gone is no theorem" in result.stderr


def test_nothing_selected_ends_5():
    assert run("stack.nothing").return_value == 5
