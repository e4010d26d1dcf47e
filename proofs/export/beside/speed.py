"""How fast the exported heaps are: a program's trace, played in C on each of them and on the C library's malloc.

The figures are ratios of one run: nanoseconds an event, as multiples of the library's.  Beside them stands how many
bytes of text each heap has, built with -Os.
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from proofs.checking.trace import read_trace
from proofs.export.beside.building import compiler
from proofs.export.unit import Unit
from proofs.registry import Mistake

KINDS = {"m": 0, "c": 1, "r": 2, "f": 3}
ROUNDS = 5
ARENA = 1 << 33
PORT = """\
#include <string.h>
#include "{p}.h"
#define PLACES 256
uint64_t arena, next_place;
static struct {{ uint64_t address, pages; }} places[PLACES];
static int returned;
{hooks}
#include "{p}.c"
"""
"""The heap with what it asks of the machine, one file as in the preloaded library: the compiler sees both."""
MAIN = """\
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "{p}.h"
extern uint64_t arena, next_place;
static uint64_t reserve(void)
{{
    return (uint64_t)(uintptr_t)mmap(NULL, {arena}, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}}
static union {{ struct {p} heap; uint64_t words[2048]; }} space;
{adapter}
struct event {{ uint32_t kind, block; uint64_t size; }};
static void *library(void *old, uint64_t was, uint64_t size, int kind)
{{
    (void)was;
    return kind == 0 ? malloc(size) : kind == 1 ? calloc(1, size) : kind == 2 ? realloc(old, size) : (free(old), NULL);
}}
static double played(const struct event *events, size_t count, void **blocks, uint64_t *sizes,
        void *(*act)(void *, uint64_t, uint64_t, int))
{{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (size_t n = 0; n < count; n++) {{
        const struct event *e = &events[n];
        void *got = act(blocks[e->block], sizes[e->block], e->size, (int)e->kind);
        if (e->kind != 3 && got == NULL && e->size != 0) {{
            printf("{{\\"refused\\": %zu}}\\n", n);
            exit(0);
        }}
        blocks[e->block] = got;
        sizes[e->block] = e->size;
        if (got != NULL) {{
            *(volatile char *)got = 1;
        }}
    }}
    clock_gettime(CLOCK_MONOTONIC, &b);
    for (uint32_t n = 0; n < {blocks}; n++) {{
        if (blocks[n] != NULL) {{
            act(blocks[n], sizes[n], 0, 3);
            blocks[n] = NULL;
        }}
    }}
    return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)count;
}}
int main(int argc, char **argv)
{{
    FILE *file = fopen(argv[argc - 1], "rb");
    struct event *events = malloc({count} * sizeof *events);
    void **blocks = calloc({blocks}, sizeof *blocks);
    uint64_t *sizes = calloc({blocks}, sizeof *sizes);
    if (file == NULL || fread(events, sizeof *events, {count}, file) != {count}) {{
        return 1;
    }}
    arena = next_place = reserve();
    begin();
    double mine = 1e18, other = 1e18;
    for (int round = 0; round < {rounds}; round++) {{
        double one = played(events, {count}, blocks, sizes, library);
        other = one < other ? one : other;
        one = played(events, {count}, blocks, sizes, exported);
        mine = one < mine ? one : mine;
    }}
    printf("{{\\"library\\": %f, \\"exported\\": %f}}\\n", other, mine);
    return 0;
}}
"""
HOOKS = {
    "map": "bool {p}_map(uint64_t a, uint64_t n) {{ (void)a; (void)n; return true; }}",
    "find_place": """\
uint64_t {p}_find_place(uint64_t n)
{{
    for (int i = returned; i-- > 0;) {{
        if (places[i].pages == n) {{
            uint64_t again = places[i].address;
            places[i] = places[--returned];
            return again;
        }}
    }}
    uint64_t a = next_place;
    next_place += n << 12;
    return next_place - arena > {arena} ? 0 : a;
}}""",
    "unmap": """\
void {p}_unmap(uint64_t a, uint64_t n)
{{
    memset((void *)(uintptr_t)a, 0, n << 12);
    if (returned < PLACES) {{
        places[returned].address = a;
        places[returned++].pages = n;
    }}
}}""",
    "is_mapped": "bool {p}_is_mapped(uint64_t a, uint64_t n) {{ return n == 0 || (a >= 4096 && a + n > a); }}",
    "log": "void {p}_log(const char *m, size_t n, const uint64_t *v) {{ (void)m; (void)n; (void)v; }}",
}
"""The machine under a heap: memory that is there already, as other allocators have it.

Pages that come back are cleared, and a place of as many pages is handed out again.  A kernel's work at a first touch
is not the heap's: it would be counted in every round, if each had fresh places.
"""
GENERAL = """\
static void *exported(void *old, uint64_t was, uint64_t size, int kind)
{
    if (kind == 3) {
        give(old);
        return NULL;
    }
    void *got = take(size);
    if (kind == 1 && got != NULL) {
        memset(got, 0, size);
    }
    if (kind == 2 && old != NULL) {
        if (got != NULL) {
            memcpy(got, old, was < size ? was : size);
        }
        give(old);
    }
    return got;
}
"""
ADAPTERS = {
    "segment_heap": """\
static void begin(void) { bool done; segment_heap_init(&space.heap, arena, &done); }
static void *take(uint64_t size) { return (void *)(uintptr_t)segment_heap_allocate(&space.heap, size); }
static void give(void *p) { segment_heap_free(&space.heap, (uint64_t)(uintptr_t)p); }
"""
    + GENERAL,
    "block_heap": """\
static struct block_heap_heap_table table;
static void begin(void)
{
    table.entries = arena;
    table.total = 1 << 18;
    uint64_t pool = arena + (1 << 20);
    block_heap_create(&space.heap, pool, pool + ((uint64_t)1 << 30), (uint64_t)(uintptr_t)&table);
}
static void *take(uint64_t size) { return (void *)(uintptr_t)block_heap_malloc(&space.heap, size); }
static void give(void *p) { block_heap_free(&space.heap, (uint64_t)(uintptr_t)p); }
"""
    + GENERAL,
    "bucket_heap": """\
#define EXTENT ((uint64_t)1 << 20)
static void begin(void)
{
    next_place = (arena + EXTENT) / EXTENT * EXTENT;
    bucket_heap_init(&space.heap, next_place, EXTENT, 4096);
}
static void *take(uint64_t size)
{
    uint64_t got = 0;
    int done = 0;
    bucket_heap_alloc(&space.heap, size, &got);
    if (got == 0 && size != 0) {
        next_place += EXTENT;
        bucket_heap_extend(&space.heap, next_place, EXTENT, &done);
        bucket_heap_alloc(&space.heap, size, &got);
    }
    return (void *)(uintptr_t)got;
}
static void give(void *p)
{
    int done = 0;
    bucket_heap_free(&space.heap, (uint64_t)(uintptr_t)p, &done);
}
"""
    + GENERAL,
    "bin_heap": """\
static void begin(void) { bin_heap_init(&space.heap); }
static void *exported(void *old, uint64_t was, uint64_t size, int kind)
{
    uint64_t got = 0;
    (void)was;
    if (kind == 0) {
        bin_heap_malloc(&space.heap, size, &got);
    } else if (kind == 1) {
        bin_heap_calloc(&space.heap, 1, size, &got);
    } else if (kind == 2) {
        bin_heap_realloc(&space.heap, (uint64_t)(uintptr_t)old, size, &got);
    } else {
        bin_heap_free(&space.heap, (uint64_t)(uintptr_t)old);
    }
    return (void *)(uintptr_t)got;
}
""",
}
"""How each heap plays a trace."""


@dataclass(frozen=True)
class Speed:
    """Nanoseconds an event of a trace; the event that was refused, if one was; bytes of text at -Os."""

    subject: str
    library: float
    exported: float
    text: int
    refused: int = -1

    @property
    def ratio(self) -> float:
        """As a multiple of the library's."""
        return self.exported / self.library if self.library else 0.0


def measured(unit: Unit, trace: str, most: int = 0) -> Speed:
    """Play a trace, or its first ``most`` events, on the exported heap and on the library's."""
    name = unit.program.subject
    if name not in ADAPTERS:
        raise Mistake(f"{name} serves no program: nothing of it can be measured")
    events = read_trace(trace).events[: most or None]
    numbers: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        packed = (
            struct.pack("<IIQ", KINDS[one.kind], numbers.setdefault(one.block, len(numbers)), one.size)
            for one in events
        )
        (place / "events").write_bytes(b"".join(packed))
        given = {"p": unit.prefix, "arena": ARENA}
        hooks = "\n".join(HOOKS[hook].format(**given) for hook in HOOKS if f"hook {hook}" in unit.names.helpers)
        counts = {"count": len(events), "blocks": len(numbers), "rounds": ROUNDS}
        main = MAIN.format(adapter=ADAPTERS[name], **counts, **given)
        port = PORT.format(hooks=hooks, **given)
        files = {f"{unit.prefix}.h": unit.header, f"{unit.prefix}.c": unit.source, "main.c": main, "port.c": port}
        for file, text in files.items():
            (place / file).write_text(text)
        found = json.loads(_run(place, [compiler(), "-O2", "-o", "run", "main.c", "port.c"], ["./run", "events"]))
        size = _run(place, [compiler(), "-Os", "-c", f"{unit.prefix}.c"], ["size", f"{unit.prefix}.o"])
    bytes_of_text = int(re.findall(r"\d+", size.splitlines()[1])[0])
    return Speed(name, found.get("library", 0), found.get("exported", 0), bytes_of_text, found.get("refused", -1))


def _run(place: Path, *commands: list[str]) -> str:
    """Run commands, one after the other; what the last one printed."""
    said = ""
    for command in commands:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Mistake(f"{' '.join(command)} failed ({done.returncode}):\n{done.stderr[:2000]}")
        said = done.stdout
    return said
