"""What a program's proof takes for granted of its memory rests, by name, on the theorems of the virtual memory.

One table says which operation stands for which (model/language/machine.py).  Nothing that a program can call of its
memory is missing there.  A fault in a load, or a theorem that is gone, takes with it what rests on it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.language import machine
from model.language.machine import BYTES_REST_ON, GHOSTS, PAGES_REST_ON, RESTS_ON
from proofs import registry
from proofs.engine import store
from proofs.engine.cache import Cache
from proofs.engine.expressions import OF_MEMORY
from proofs.engine.operation import verify
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from tests.defects.defect import Defect
from tests.toys import Toy
from tests.warm import warm

HEAPS = ("segment_heap", "block_heap", "bin_heap", "bucket_heap")
FLOOR = ("frame_allocator", "address_space", "virtual_memory")
"""What stands on RAM: if it rested on loads through page tables, these would rest on themselves."""
CALLS = {
    "read": "return self.a",
    "write": "self.a = 1",
    "peek": "return self.memory.peek(Tiny.x, n)",
    "array": "cells = self.memory.array(Tiny.x, n, 1)\n        return cells[0]",
    "fill": "self.memory.fill(n, 8, 0)",
    "copy": "self.memory.copy(n, n + 64, 8)",
    "map": "return self.memory.map(n, 1)",
    "unmap": "self.memory.unmap(n, 1)",
    "is_mapped": "return self.memory.is_mapped(n, 1)",
    "find_place": "return self.memory.find_place(1)",
    "claim": "Tiny.claim(self.memory, n)",
    "release": "Tiny(self.memory, n).release()",
    "claim_array": "self.memory.claim_array(Tiny, n, 2)",
    "release_array": "self.memory.release_array(Tiny, n, 2)",
    "release_range": "self.memory.release_range(Tiny, n, n + 8)",
    "log": 'self.memory.log("{}", n)',
}
FAULTY = Defect(
    "fills_with_anything",
    "a fill does not refuse what is no byte",
    "        check_fits(byte, 1)\n",
    "        limit_of(1)\n",
    ("virtual_memory.fill.fill_refused",),
)
TINY = "class Tiny(Struct, size=1):\n    x = u8()\n"


def rests(call: str, virtual: bool) -> set[str]:
    """What a program rests on that calls so."""
    toy = Toy(f"    def run(self, n):\n        {CALLS[call]}\n", before=TINY)
    proof = replace(toy.proof, virtual=virtual, structs=("Cell", "Tiny"))
    return set().union(*(path.rests for path in verify(proof, proof.subject.operations[0], toy.source)))


@pytest.mark.parametrize("call", OF_MEMORY)
def test_every_call_of_memory_rests_on_what_the_table_says(call: str) -> None:
    item = RESTS_ON["read"] if call == "array" else ()
    assert rests(call, True) == {*RESTS_ON.get(call, ()), *item}
    assert rests(call, False) == set(PAGES_REST_ON.get(call, ()))


def test_the_table_names_every_operation_of_memory_once() -> None:
    assert sorted((*BYTES_REST_ON, *PAGES_REST_ON, *GHOSTS)) == sorted(OF_MEMORY)
    assert all(theorems for theorems in RESTS_ON.values())


def test_an_operation_that_is_not_in_the_table_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RESTS_ON", {name: RESTS_ON[name] for name in RESTS_ON if name != "fill"})
    with pytest.raises(EngineError, match="nothing says on what fill of a virtual memory rests"):
        rests("fill", True)


def test_the_memory_of_every_heap_is_a_virtual_one_and_that_of_the_floor_is_ram() -> None:
    assert all(registry.proof_of(name).virtual for name in HEAPS)
    assert not any(registry.proof_of(name).virtual for name in FLOOR)


def report_of(operation: str, **options: object) -> dict[str, Verdict]:
    """The verdicts on an operation of a heap, and on what it rests on."""
    settings = Options(**{"jobs": 1, "cache": Cache(None), "resolve": registry.known, **options})  # type: ignore[arg-type]
    report = prove([registry.proof_of(operation.split(".", maxsplit=1)[0])], (operation,), settings)
    return {theorem.id: theorem.verdict for theorem in [*report.relied, *report.theorems]}


@pytest.mark.slow
@pytest.mark.usefixtures("little_effort")
def test_a_fault_in_a_fill_takes_the_heap_that_fills_with_it() -> None:
    found = report_of("block_heap.memset", cache=warm(), sources={"virtual_memory": FAULTY.source()})
    assert found["virtual_memory.fill.fill_refused"] in (Verdict.REFUTED, Verdict.UNKNOWN)
    assert found["block_heap.memset.rests"] is Verdict.UNKNOWN


@pytest.mark.slow
def test_a_theorem_of_loads_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {**machine.RESTS_ON, "fill": (*machine.RESTS_ON["fill"], "virtual_memory.fill.no_such_theorem")}
    monkeypatch.setattr(store, "RESTS_ON", gone)
    found = report_of("block_heap.memset")
    assert found["virtual_memory.fill.store_changes_those_bytes_only"] is Verdict.PROVED
    assert found["block_heap.memset.rests"] is Verdict.ERROR


def test_told_to_leave_the_floor_out_a_heap_is_proved_with_an_if() -> None:
    found = report_of("block_heap.memset", only=True)
    assert set(found.values()) == {Verdict.CONDITIONAL}
