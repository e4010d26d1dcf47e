"""The few small functions that every translation may need, and the functions that its user provides.

TRUSTED: each does what Python, or the memory (impl/memory.py), does under the same name.
"""

from __future__ import annotations

from impl.words import WORD_BITS
from proofs.export.kinds import WORD_MACRO, WORD_TYPE

HELPERS = {
    "address": """\
/* The address of what is viewed. */
static inline uint64_t {p}_address(const void *view)
{{
    return (uint64_t)(uintptr_t)view;
}}""",
    "min": """\
static inline uint64_t {p}_min(uint64_t a, uint64_t b)
{{
    return b < a ? b : a;
}}""",
    "max": """\
static inline uint64_t {p}_max(uint64_t a, uint64_t b)
{{
    return b > a ? b : a;
}}""",
    "bit_length": """\
/* How many bits a number has, from its highest one on; 0 for 0. Machines that count zeros do so. */
static inline uint64_t {p}_bit_length(uint64_t number)
{{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) \\
        || defined(__ARM_FEATURE_CLZ) || defined(__riscv_zbb))
    return number == 0 ? 0 : 64 - (uint64_t)__builtin_clzll(number);
#else
    uint64_t bits = 0;
    for (unsigned step = {half}; step > 0; step /= 2) {{
        if (number >> step != 0) {{
            number >>= step;
            bits += step;
        }}
    }}
    return bits + number;
#endif
}}""",
    "fill": """\
/* Set every byte of [address, address + size) to byte. */
static inline void {p}_fill(uint64_t address, uint64_t size, uint64_t byte)
{{
    if (size != 0) {{
        memset((void *)(uintptr_t)address, (int)byte, (size_t)size);
    }}
}}""",
    "copy": """\
/* Copy size bytes; the ranges do not overlap. */
static inline void {p}_copy(uint64_t target, uint64_t source, uint64_t size)
{{
    if (size != 0) {{
        memcpy((void *)(uintptr_t)target, (const void *)(uintptr_t)source, (size_t)size);
    }}
}}""",
    **{
        f"peek_u{bits}": f"""\
/* What {bits // 8} bytes at any address hold, whoever wrote them. */
static inline uint{bits}_t {{p}}_peek_u{bits}(uint64_t address)
{{{{
    uint{bits}_t value;
#ifdef __GNUC__ /* a load, even where the compiler is told that there is no library */
    __builtin_memcpy(&value, (const void *)(uintptr_t)address, sizeof value);
#else
    memcpy(&value, (const void *)(uintptr_t)address, sizeof value);
#endif
    return value;
}}}}"""
        for bits in (8, 16, 32, 64)
        if bits <= WORD_BITS
    },
}
"""The translation's own functions, in the order in which they are written; ``{p}`` stands for the prefix, uint64_t for
what has the width of a word (``told``)."""
AT = """\
static inline struct {tag} *{tag}_at(uint64_t address)
{{
    return (struct {tag} *)(uintptr_t)address;
}}"""
LIBRARY = {
    "memset(": "void *memset(void *target, int byte, size_t size);",
    "memcpy(": "void *memcpy(void *target, const void *source, size_t size);",
}
"""What every C compiler asks its surroundings for, freestanding or not."""
HOOKS = {
    "map": """\
/*
 * Map pages fresh, zeroed, writable pages of 4096 bytes at address, all or nothing. True iff that could be done;
 * otherwise nothing changes.
 */
bool {p}_map(uint64_t address, uint64_t pages);""",
    "find_place": """\
/* Where pages pages could be mapped: some address, or 0. Only {p}_map tells whether they can. */
uint64_t {p}_find_place(uint64_t pages);""",
    "unmap": """\
/* Unmap pages pages from address on, all of which are mapped. */
void {p}_unmap(uint64_t address, uint64_t pages);""",
    "is_mapped": """\
/*
 * Whether every page that [address, address + size) touches can be read and written. False for a range that
 * leaves the address space; an empty one touches no page.
 */
bool {p}_is_mapped(uint64_t address, uint64_t size);""",
    "log": """\
/*
 * Report something to the operator: the i-th pair of braces in message stands for values[i], in hexadecimal if the
 * braces hold :#x. There are count values.
 */
void {p}_log(const char *message, size_t count, const uint64_t *values);""",
}
"""What the user provides, as the header declares it."""


def told(template: str, **names: str) -> str:
    """A template of this file, with the names, and with words as wide as they are."""
    return in_words(template.format(half=WORD_BITS // 2, **names))


def in_words(text: str) -> str:
    """A text of C for words of 64 bits, for words as wide as they are."""
    return text.replace("uint64_t", WORD_TYPE).replace("UINT64_C", WORD_MACRO)
