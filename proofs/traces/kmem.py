"""The kernel's kmem events, as `trace-cmd report`, the file `trace` of tracefs, and `perf script` print them.

    cat-1234 [001] 5.678901: kmalloc:        (f+0x1d) call_site=... ptr=0xffff8881 bytes_req=96 ... gfp_flags=GFP_KERNEL
    cat-1234 [001] 5.678905: kfree:          (g+0x2a) call_site=... ptr=0xffff8881
    cat-1234 [001] 5.678911: mm_page_alloc:  page=0xffffea00 pfn=0x101 order=2 migratetype=0 gfp_flags=GFP_KERNEL
    cat-1234 [001] 5.678920: mm_page_free:   page=0xffffea00 pfn=0x101 order=2

Sizes are those that were asked for.  Memory that is asked for as zero (__GFP_ZERO) is calloc's; 2^order pages are
aligned to their size, as the buddy system aligns them.  The pages under the slabs are asked for like any others: record
kmalloc alone, or pages alone, to look at one of the two.  Other events are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from impl.arithmetic import PAGE_SIZE
from proofs.traces.addresses import Addresses

EVENT = re.compile(
    r"(?:^|[\s:])((?:kmalloc|kmem_cache_alloc)(?:_node)?|kfree|kmem_cache_free|mm_page_(?:alloc|free)):\s"
)
FIELD = re.compile(r"\b(\w+)=(\S+)")
NOWHERE = {"(nil)", "(null)", "NULL"}
MOST_ORDER = 40


def looks(lines: Iterable[str]) -> bool:
    """Whether one of the first lines is such an event."""
    return any(EVENT.search(line) and FIELD.search(line) for line in lines)


def read(line: str, into: Addresses, pending: list[int]) -> None:
    """One line; ValueError if it is an event without what it must tell."""
    del pending
    found = EVENT.search(line)
    if not found:
        return
    event, fields = found[1], dict(FIELD.findall(line[found.end() :]))
    if event.startswith("mm_page"):
        frame = ("frame", _number(event, fields, "pfn", 0))
        order = _number(event, fields, "order", 10)
        if order > MOST_ORDER:
            raise ValueError(f"{event} with an order up to {MOST_ORDER}")
        if event == "mm_page_free":
            into.free(frame)
        else:
            size = PAGE_SIZE << order
            into.allocate(frame if frame[1] else None, size, alignment=size)
        return
    at = _number(event, fields, "ptr", 16)
    if event in ("kfree", "kmem_cache_free"):
        into.free(at)
    else:
        into.allocate(at, _number(event, fields, "bytes_req", 10), zeroed="ZERO" in fields.get("gfp_flags", ""))


def _number(event: str, fields: dict[str, str], name: str, base: int) -> int:
    text = fields.get(name, "")
    if text in NOWHERE:
        return 0
    try:
        return int(text, base)
    except ValueError:
        kind = {10: "a decimal number", 16: "a hexadecimal number", 0: "a number"}[base]
        raise ValueError(f"{event} with {name}={kind}") from None
