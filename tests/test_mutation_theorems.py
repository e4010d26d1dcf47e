"""Theorems that exist because mutants once survived: each refutes the one that called for it."""

import pytest

from proofs import registry
from proofs.checking.bench import source_with
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from tests.warm import warm

CALLED_FOR = {
    "segment_heap.allocate.grows_by_need": ("self._grow(needed, end)", "self._grow(needed, self.last_segment)"),
    "segment_heap.allocate.refuses": ("size > LARGEST_REQUEST", "size > LARGEST_REQUEST + 1"),
    "segment_heap.free.one_line_at_most": (
        "address, address + Segment.SIZE)\n            return",
        "address, address + Segment.SIZE)\n            pass",
    ),
    "segment_heap.init.init_intact": ("segment.magic = MAGIC", "segment.magic = MAGIC + 1"),
    "segment_heap.dump.dump_reports_damage": (
        "self._corrupted(current)\n                return\n            self.memory.log",
        "return\n            self.memory.log",
    ),
    "segment_heap.destruct.destruct_reports_damage": ("self._corrupted(current)\n                break", "break"),
}
"""Theorem -> (text, what a mutant has instead)."""


@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize(
    "theorem",
    [
        pytest.param(name, marks=[pytest.mark.slow] if ".allocate." in name or ".free." in name else [])
        for name in CALLED_FOR
    ],
)
def test_the_theorem_fails_of_the_mutant(theorem):
    name = theorem.split(".")[0]
    before, after = CALLED_FOR[theorem]
    source = source_with(registry.proof_of(name).module, before)
    assert before in source
    options = Options(jobs=1, cache=warm(), sources={name: source.replace(before, after)}, only=True)
    report = prove([registry.proof_of(name)], [theorem], options)
    assert [found.verdict for found in report.theorems] in ([Verdict.REFUTED], [Verdict.UNKNOWN])
