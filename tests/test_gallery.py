"""Every known defect of the original systems hangs in the gallery."""

import pytest

from proofs.gallery import defects_of, places
from proofs.originals import ORIGINALS


@pytest.mark.parametrize("original", ORIGINALS, ids=lambda original: original.id)
def test_a_variant_stands_for_every_known_defect(original):
    variants = [defect for name in places(original.subject) for defect in defects_of(name)]
    assert original.id in {defect.stands_for for defect in variants}
