import pytest

from proofs.engine.runner import Options
from proofs.engine.verdict import Verdict
from proofs.proving import prove_subjects


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 10))
def test_no_verdict_hangs_on_the_solver_s_random_seed(seed: int) -> None:
    report = prove_subjects(["frame_allocator", "address_space", "block_heap"], (), Options(jobs=2, seed=seed))
    assert {theorem.id for theorem in report.theorems if theorem.verdict is not Verdict.PROVED} == set()
