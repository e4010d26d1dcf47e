"""What a caller relies on is the operation that was proved: its clauses themselves, whatever their names."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import impl
import model
import proofs as proofs_package
import proofs.address_space.proof
import proofs.virtual_memory.proof
from model.frame_allocator.single_frames import LAWS
from model.language.laws import Seen, law_of
from model.language.logic import Clause, Operation, Subject, every
from proofs.address_space.subject import SUBJECT as SPACE
from proofs.engine.contract import Contract
from proofs.engine.operation import Proof
from proofs.engine.verdict import Verdict
from proofs.frame_allocator.subject import SUBJECT as FRAMES
from tests.strangers import module_of, nothing, open_theorems, text

# ---------------------------------------------------------------- on memory of the caller


def a(state: Any, t: Any) -> Any:
    return state.fields("Cell").a[t.heap]


there = Clause("there", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
small = Clause("small", "a is small", lambda state, heap, ghost, given: state.fields("Cell").a[heap] < 1000)
refuses = Clause("refuses", "NotValid exactly for 0", lambda t: (t.raised == "NotValid") == (t.n == 0))
little = Clause("little", "n is 0 or 1", lambda state, heap, ghost, given: (given["n"] >= 0) & (given["n"] <= 1))
adds = Clause("adds", "n is added", lambda t: True if t.raised else a(t.new, t) == a(t.old, t) + t.n)
tells = Clause("tells", "a is returned", lambda t: True if t.raised else t.result == a(t.new, t))
cheap = Clause("cheap", "four accesses at most", lambda t: t.cost <= 4)
BUMP = Operation(
    "bump",
    ("n",),
    lambda t: t.ghost,
    (refuses, adds, tells, cheap),
    (small, little),
    raises=("NotValid",),
    changes=("Cell.a",),
    returns="word",
)
BUMPS = 'if n == 0:\n    raise NotValid("nothing")\nself.a = self.a + n\nreturn self.a'
added = Clause("added", "1 is added, and told", lambda t: (t.result == a(t.new, t)) & (t.result == a(t.old, t) + 1))
RUN = Operation("run", (), lambda t: t.ghost, (added,), (small,), raises=())


def upon(
    relied: Operation,
    invariants: tuple[Clause, ...] = (there,),
    proved: Operation = BUMP,
    bumps: str = BUMPS,
    run: Operation = RUN,
    but: tuple[Verdict, ...] = (Verdict.PROVED,),
    first: Operation | None = None,
    argument: Any = 1,
) -> set[str]:
    """The open theorems of a cell whose ``run`` calls the ``bump`` of another subject, of which it relies on that."""
    contracts = [Contract("lower", operation, invariants) for operation in (first, relied) if operation]

    def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
        def called(self: Any) -> Any:
            return [one.call(**dict.fromkeys(one.operation.arguments, argument)) for one in contracts][-1]

        return type("Upper", (edition.Cell,), {"lower": called})(memory, address).run()

    lower = Proof(Subject("lower", (there,), (proved,)), module_of("lower"), "Cell", ("Cell",), nothing, nothing)
    upper = Proof(
        Subject("upper", (there,), (run,)), module_of("upper"), "Cell", ("Cell",), nothing, nothing, invoke=invoke
    )
    runs = text("Cell", "run", "return self.lower()", calls="lower")
    given = "".join(f", {name}" for name in proved.arguments)
    return open_theorems((lower, upper), {"lower": text("Cell", "bump", bumps, given), "upper": runs}, but)


def test_a_caller_that_relies_on_what_was_proved_is_proved() -> None:
    assert upon(BUMP) == set()
    assert upon(replace(BUMP, ensures=(refuses, adds, tells))) == set()


two_more = replace(adds, formula=lambda t: a(t.new, t) == a(t.old, t) + 2)
free_of_cost = replace(cheap, formula=lambda t: t.cost == 0)
tiny = Clause("tiny", "a is below 10", lambda state, heap, ghost: state.fields("Cell").a[heap] < 10)

WRONG: dict[str, tuple[Operation, tuple[Clause, ...]]] = {
    "another formula by the same name": (replace(BUMP, ensures=(refuses, two_more, tells)), (there,)),
    "a lower cost": (replace(BUMP, ensures=(*BUMP.ensures[:3], free_of_cost)), (there,)),
    "the same formula in another function": (
        replace(BUMP, ensures=(replace(tells, formula=lambda t: True if t.raised else t.result == a(t.new, t)), adds)),
        (there,),
    ),
    "no requirement": (replace(BUMP, requires=()), (there,)),
    "a weaker requirement by the same name": (
        replace(BUMP, requires=(replace(small, formula=lambda *given: True), little)),
        (there,),
    ),
    "no exception": (replace(BUMP, raises=()), (there,)),
    "another exception": (replace(BUMP, raises=("NotMapped",)), (there,)),
    "one exception more": (replace(BUMP, raises=("NotValid", "NotMapped")), (there,)),
    "nothing changed": (replace(BUMP, changes=()), (there,)),
    "something else changed": (replace(BUMP, changes=("byte",)), (there,)),
    "another kind of result": (replace(BUMP, returns="flag"), (there,)),
    "no result": (replace(BUMP, returns="nothing"), (there,)),
    "another argument": (replace(BUMP, arguments=("m",), requires=(small,), ensures=(tells,)), (there,)),
    "an invariant that is not shown": (BUMP, ()),
    "an invariant of nobody": (BUMP, (there, tiny)),
}


@pytest.mark.parametrize("case", WRONG)
def test_whoever_relies_on_anything_else_is_not_proved(case: str) -> None:
    relied, invariants = WRONG[case]
    assert Contract("lower", relied, invariants).disagreements(BUMP, (there,)) != []
    assert "upper.run.rests" in upon(relied, invariants) or "upper.run.executes" in upon(relied, invariants)


def test_what_differs_is_said() -> None:
    (sentence,) = Contract("lower", replace(BUMP, changes=()), (there,)).disagreements(BUMP, (there,))
    assert sentence == (
        "lower.bump as it is relied on is not what was proved: the changes differ: [], but proved is ['Cell.a']"
    )


class Alike:
    """A formula that takes itself for any other."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, t: Any) -> Any:
        return t.result == a(t.old, t) + 2


def test_a_formula_that_says_that_it_is_another_is_not() -> None:
    """Two contracts on one path are two, whatever their clauses say of themselves."""
    alike = replace(BUMP, ensures=(*BUMP.ensures[:2], replace(tells, formula=Alike()), cheap))
    assert alike == BUMP
    assert Contract("lower", alike, (there,)).disagreements(BUMP, (there,)) != []
    assert "upper.run.rests" in upon(alike, first=BUMP)


@pytest.mark.parametrize("argument", [None, True, "1", (1,), 1.0])
def test_only_numbers_are_passed(argument: Any) -> None:
    """The operation was proved for arbitrary numbers, and for nothing else."""
    assert upon(BUMP, argument=argument) == {"upper.run.executes"}


def test_an_operation_that_makes_a_heap_is_not_relied_on() -> None:
    makes = replace(BUMP, establishes=True)
    assert Contract("lower", makes, (there,)).disagreements(makes, (there,)) != []


def test_nobody_relies_on_an_operation_that_does_not_say_what_it_changes() -> None:
    assert "upper.run.rests" in upon(BUMP, proved=replace(BUMP, changes=None))


# ---------------------------------------------------------------- the page tables and the frame allocator

CONTRACTS: list[Contract] = [
    *(getattr(proofs.address_space.proof, name) for name in ("ALLOCATE", "FREE", "LEND", "TAKE_BACK")),
    *(getattr(proofs.address_space.proof, name) for name in ("FREE_FRAMES", "START", "END")),
    *(getattr(proofs.virtual_memory.proof, name) for name in ("UNMAP", "PROTECT")),
]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_each_contract_between_subjects_is_what_is_proved(contract: Contract) -> None:
    subject = {"frame_allocator": FRAMES, "address_space": SPACE}[contract.subject]
    noted = replace(contract, structs=frozenset({"Entry"}))
    assert noted.disagreements(subject.operation(contract.operation.name), subject.invariants) == []
    assert len(contract.relied.ensures) >= 5


@pytest.mark.parametrize("operation", LAWS)
def test_the_page_tables_rely_on_every_law_of_the_frame_allocator(operation: str) -> None:
    contract = proofs.address_space.proof.by_contract(operation)
    assert [law_of(clause) for clause in contract.relied.ensures] == list(LAWS[operation])
    assert all(type(clause.formula) is Seen for clause in contract.relied.ensures)
    assert f"frame_allocator.{operation}.only_own_header" in contract.theorems


@pytest.mark.parametrize("operation", ["allocate", "free", "lend", "take_back"])
def test_a_frame_allocator_that_writes_bytes_is_not_what_the_page_tables_call(operation: str) -> None:
    proved = FRAMES.operation(operation)
    writes = replace(proved, changes=(*(proved.changes or ()), "byte"))
    (sentence,) = proofs.address_space.proof.by_contract(operation).disagreements(writes)
    assert "it changes ['byte']" in sentence


def variant(tmp_path: Path, change: Callable[[str], str]) -> str:
    """What a copy of the project says of ``allocate_cost``, with model/frame_allocator/single_frames.py changed so."""
    for package in (model, impl, proofs_package):
        folder = Path(next(iter(package.__path__)))
        shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "model" / "frame_allocator" / "single_frames.py"
    before = file.read_text()
    file.write_text(change(before))
    assert file.read_text() != before
    command = [sys.executable, "-m", "proofs.cli", "prove", "frame_allocator.allocate.allocate_cost", "--only"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 3), done.stdout + done.stderr
    return done.stdout


def test_a_cost_that_is_lowered_for_the_page_tables_fails_in_the_frame_allocator(tmp_path: Path) -> None:
    said = variant(tmp_path, lambda before: before.replace("ALLOCATE_COST = 159", "ALLOCATE_COST = 158"))
    assert "frame_allocator.allocate.allocate_cost" in said
    assert "PROVED" not in said.splitlines()[0]


def test_where_pages_were_asked_for_is_what_the_operation_says() -> None:
    """A caller that took the address for 0 would know what is false, and so anything."""
    apart = Clause("apart", "a is the address of a page", lambda s, h, g, x: s.fields("Cell").a[h] == 4096)
    asks = Clause("asks", "it asks at the address of the second page", lambda t: t.asked_at == 4096)
    pages = ("mapped", "byte", "pages")
    grow = Operation("bump", (), lambda t: t.ghost, (asks,), (apart,), raises=(), changes=pages)
    grows = "self.memory.map(self.a, 1)"
    says = Clause("says", "at the second page", lambda t: (t.pages_asked == 0) | (t.asked_at == 4096))
    absurd = Clause("absurd", "it costs less than nothing", lambda t: t.cost < 0)
    run = replace(RUN, ensures=(says, absurd), requires=(apart,))
    but = (Verdict.PROVED, Verdict.CONDITIONAL)  # nobody proves the page tables here
    assert upon(grow, proved=grow, bumps=grows, run=run, but=but) == {"upper.run.absurd"}


def test_how_many_pages_went_back_is_what_the_operation_says() -> None:
    """A caller that took the number for 0 would know what is false, and so anything."""
    own = Clause("own", "a is the address of a page of its own", _has_a_page)
    went = Clause("went", "one page goes back", lambda t: t.pages_unmapped == 1)
    shrink = Operation("bump", (), lambda t: t.ghost, (went,), (own,), raises=(), changes=("mapped", "byte"))
    absurd = Clause("absurd", "it costs less than nothing", lambda t: t.cost < 0)
    run = replace(RUN, ensures=(went, absurd), requires=(own,))
    but = (Verdict.PROVED, Verdict.CONDITIONAL)  # nobody proves the page tables here
    assert upon(shrink, proved=shrink, bumps="self.memory.unmap(self.a, 1)", run=run, but=but) == {"upper.run.absurd"}


def _has_a_page(s: Any, h: Any, g: Any, x: Any) -> Any:
    page = s.fields("Cell").a[h]
    apart = s.claimed("Cell").all(lambda c: (c + 16 <= page) | (c >= page + 4096))
    return every([page % 4096 == 0, page > 0, s.mapped.covers(page, page + 4096), apart])
