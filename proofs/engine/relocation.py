"""Independence of an address: what a program stores and decides does not depend on where its header lies.

TRUSTED.  Two runs that differ in the header's address alone take the same decisions and store the
same values in the same fields, if no condition, no stored value and no number of a struct mentions
that address, and no local that a cut loop carries does.  A field that was loaded from the header
counts as the same value in both runs, because by then the same was stored there.
"""

from __future__ import annotations

from typing import Any

import z3

RELOCATABLE = "no stored value and no decision depends on the address at which the header lies"


def mentions(term: Any, address: Any) -> bool:
    """Whether ``address`` occurs in ``term`` otherwise than as the place of a field that is loaded."""
    if term.eq(address):
        return True
    if z3.is_select(term) and term.arg(1).eq(address):
        return mentions(term.arg(0), address)
    return any(mentions(child, address) for child in term.children())
