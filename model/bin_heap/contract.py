"""What the bin heap must do: its invariants, and the contract of each public operation (statements BIN-1 to BIN-16).

The abstract state is ``Blocks`` (state.py); invariants.py says what always holds of it.  What users call stands in
users.py and realloc.py, init in init.py.
"""

from __future__ import annotations

from model.bin_heap.init import INIT
from model.bin_heap.invariants import INVARIANTS
from model.bin_heap.realloc import REALLOC
from model.bin_heap.trim import DESTROY, TRIM
from model.bin_heap.users import CALLOC, FREE, MALLOC, ZALLOC
from model.language.logic import Subject

PUBLIC = Subject("bin_heap", INVARIANTS, (INIT, MALLOC, ZALLOC, CALLOC, FREE, REALLOC, TRIM, DESTROY))
