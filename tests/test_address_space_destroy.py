"""What is wrong with the end of an address space is refuted by name."""

import pytest

from proofs import registry
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from tests.defects.address_space import DESTROYING
from tests.defects.defect import Defect


@pytest.mark.parametrize("defect", DESTROYING, ids=lambda defect: defect.name)
def test_the_prover_notices_the_defect(defect: Defect) -> None:
    """A frame that does not come back, a table that goes too early (MEM-9)."""
    options = Options(jobs=1, sources={"address_space": defect.source()}, only=True)
    report = prove([registry.proof_of("address_space")], defect.theorems[:1], options)
    (found,) = [theorem for theorem in report.theorems if theorem.id == defect.theorems[0]]
    assert found.verdict in (Verdict.UNKNOWN, Verdict.REFUTED)
