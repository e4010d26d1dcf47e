"""What always holds of a bucket heap's pages: the page map and the lists of free pages agree.

Clauses are functions of (state, heap, ghosts).  Those about links fire on the link, so that no instance
makes the term of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.bucket_heap.state import CONTINUED, FREE, RUN, UNIT, Ghosts, seen
from model.language.logic import Clause, Truth, Word, clause, every, implies, negate
from model.language.words import NULL, WORD_BYTES


@clause("every page is free, part of a run, or carved into blocks of 8 bytes to half a page", covers="BKT-2")
def kinds(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(lambda e: (h.kind[e] >= FREE) & (h.kind[e] < h.shift))


@clause("the map says of every page in a list of free pages that it is free; its first word is the link")
def free_pages(state: Any, heap: Word, g: Ghosts) -> Truth:
    h, claimed = seen(state, heap, g), state.claimed("FreeLink")
    return g.idle.all(lambda d: every([h.is_page(d), h.kind[g.entry_at[d]] == FREE, claimed[d]]))


@clause("no free page is live, and none is a block given back")
def free_unused(state: Any, heap: Word, g: Ghosts) -> Truth:
    return g.idle.all(lambda d: negate(g.live[d]) & negate(g.freed[d]))


@clause("every page of which the map says that it is free is in a list of free pages")
def free_known(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(lambda e: implies(h.kind[e] == FREE, g.idle[h.page[e]]))


@clause("a free page links to a free page of its extent that lies behind it, or is the last")
def free_links(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def linked(d: Word) -> Truth:
        n = h.link[d]
        further = every([g.idle[n], d < n, g.owner[g.entry_at[n]] == g.owner[g.entry_at[d]]])
        return (n == NULL) | further

    return h.link.at(g.idle, linked)


@clause("the links of free pages skip none of their extent")
def free_skips_none(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def skips_not(d: Word, f: Word) -> Truth:
        behind = (d < f) & (g.owner[g.entry_at[f]] == g.owner[g.entry_at[d]])
        return implies(behind, (h.link[d] != NULL) & (h.link[d] <= f))

    return h.link.at(g.idle, lambda d: g.idle.all(lambda f: skips_not(d, f)))


@clause("an extent leads to a free page of its own, or has none")
def free_heads(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def leads(x: Word) -> Truth:
        n = h.free_page[x]
        return (n == NULL) | (g.idle[n] & (g.owner[g.entry_at[n]] == x))

    return h.free_page.at(g.extents, leads)


@clause("no free page of an extent lies before the one to which it leads")
def free_first(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def first(x: Word, f: Word) -> Truth:
        return implies(g.owner[g.entry_at[f]] == x, (h.free_page[x] != NULL) & (h.free_page[x] <= f))

    return h.free_page.at(g.extents, lambda x: g.idle.all(lambda f: first(x, f)))


@clause("the free pages in a row behind a free page end at a page that is not free, or with the extent")
def rows(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def ends(d: Word) -> Truth:
        end = g.until[d]
        x = g.owner[g.entry_at[d]]
        return every([d + h.page_size <= end, end <= x + h.size, end % h.page_size == 0, negate(g.idle[end])])

    return g.until.at(g.idle, ends)


@clause("all pages up to the end of a row of free pages are free")
def rows_free(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def free(d: Word, f: Word) -> Truth:
        return implies((d <= h.page[f]) & (h.page[f] < g.until[d]), h.kind[f] == FREE)

    return g.until.at(g.idle, lambda d: g.entries.all(lambda f: free(d, f)))


@clause("a run consists of whole pages of one extent", covers="BKT-6")
def runs(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(
        lambda e: implies(
            h.kind[e] == RUN,
            every(
                [
                    g.live[h.page[e]],
                    g.home[h.page[e]] == e,
                    h.end(e) <= h.frontier[e],
                    h.frontier[e] <= g.owner[e] + h.size,
                    h.frontier[e] % h.page_size == 0,
                ]
            ),
        )
    )


@clause("a page continues a run only if it lies in one behind the first page")
def continuations(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def continued(e: Word) -> Truth:
        r = g.run[e]
        inside = every([g.entries[r], h.kind[r] == RUN, h.page[r] < h.page[e], h.page[e] < h.frontier[r]])
        return implies(h.kind[e] == CONTINUED, inside)

    return g.run.at(g.entries, continued)


@clause("every page of a run but the first continues it")
def run_pages(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def within(e: Word, f: Word) -> Truth:
        return implies((h.page[e] < h.page[f]) & (h.page[f] < h.frontier[e]), h.kind[f] == CONTINUED)

    return g.entries.all(lambda e: implies(h.kind[e] == RUN, g.entries.all(lambda f: within(e, f))))


@clause("in an extent every link is that of a free page or of a block given back")
def links_owned(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def owned(x: Word, d: Word) -> Truth:
        mine = (d % UNIT == 0) & (g.freed[d] | g.idle[d])
        return (d + WORD_BYTES <= x) | (d >= x + h.size) | mine

    return g.extents.all(lambda x: state.claimed("FreeLink").all(lambda d: owned(x, d)))


CLAUSES: Sequence[Clause] = (
    kinds,
    free_pages,
    free_unused,
    free_known,
    free_links,
    free_skips_none,
    free_heads,
    free_first,
    rows,
    rows_free,
    runs,
    continuations,
    run_pages,
    links_owned,
)
