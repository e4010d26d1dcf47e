"""What is wrong with the end of an address space is refuted by name."""

import pytest

from tests.defects.address_space import DESTROYING
from tests.defects.defect import Defect
from tests.warm import names


@pytest.mark.parametrize("defect", DESTROYING, ids=lambda defect: defect.name)
def test_the_prover_notices_the_defect(defect: Defect) -> None:
    """A frame that does not come back, a table that goes too early (MEM-9)."""
    assert names(defect)
