"""A long piece of ordinary work for Python, all sizes of blocks and several threads; it prints a line for each part.

test_drop_in.py runs it on the exported heaps and on the C library's malloc, and compares what it prints.
"""

import ast
import bz2
import collections
import csv
import decimal
import difflib
import fractions
import gc
import hashlib
import heapq
import io
import json
import lzma
import pickle
import queue
import random
import re
import sqlite3
import struct
import subprocess
import sys
import threading
import weakref
import xml.etree.ElementTree as ElementTree
import zlib
from array import array
from collections.abc import Callable, Iterator
from typing import Any

WORDS = ["heap", "block", "page", "frame", "list", "bucket", "bin", "table", "entry", "word", "byte", "lock", "extent"]


def digest(what: object) -> str:
    """A short name for a large value."""
    data = what if isinstance(what, bytes) else repr(what).encode()
    return hashlib.sha256(data).hexdigest()[:16]


def rows(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Records with texts of very different lengths."""
    return [
        {
            "number": number,
            "text": " ".join(chance.choices(WORDS, k=chance.randrange(60))),
            "parts": [chance.randrange(1 << chance.randrange(1, 200)) for _ in range(chance.randrange(8))],
        }
        for number in range(count)
    ]


def texts(chance: random.Random) -> object:
    """JSON, regular expressions, differences, CSV, XML."""
    data = rows(chance, 6000)
    for _ in range(3):
        data = json.loads(json.dumps(data, indent=chance.choice((None, 2))))
    whole = "\n".join(one["text"] for one in data)
    found = collections.Counter(re.findall(r"\b(\w)\w+ (?=\w+ \1)", whole))
    changed = re.sub(r"(\w+) (\w+)", r"\2-\1", whole)
    left, right = whole.splitlines()[:150], changed.splitlines()[:150]
    lines = list(difflib.unified_diff(left, right))
    sheet = io.StringIO()
    csv.writer(sheet).writerows([one["number"], one["text"], *one["parts"]] for one in data)
    back = list(csv.reader(io.StringIO(sheet.getvalue())))
    root = ElementTree.Element("rows")
    for one in data[:2000]:
        ElementTree.SubElement(root, "row", number=str(one["number"])).text = one["text"]
    tree = ElementTree.fromstring(ElementTree.tostring(root))
    return sorted(found.items()), len(lines), digest(changed), digest(back), len(tree), digest(tree[7].text)


def packed(chance: random.Random) -> object:
    """Bytes that grow, are packed and unpacked, pickled, and cut."""
    said = []
    for exponent in range(4, 22):
        raw = chance.randbytes((1 << exponent) // 8) * 8 + bytes(chance.randrange(100))
        for module in (zlib, bz2, lzma) if exponent < 18 else (zlib,):
            small = module.compress(raw)
            assert module.decompress(small) == raw
            said.append(digest(raw))
        grown = bytearray()
        for start in range(0, len(raw), 4093):
            grown += raw[start : start + 4093]
            if len(grown) > 100_000:
                del grown[:50_000]
        said.append(digest(bytes(grown)))
    numbers = array("Q", (chance.randrange(1 << 63) for _ in range(200_000)))
    numbers.extend(numbers[::3])
    again = pickle.loads(pickle.dumps([numbers, said, {one: {one} for one in range(5000)}]))
    return digest(said), again[0] == numbers, len(again[2]), digest(struct.pack("<8Q", *numbers[-8:]))


def computed(chance: random.Random) -> object:
    """Large numbers, decimals, fractions; heaps, dictionaries and sets that grow and shrink."""
    decimal.getcontext().prec = 400
    root = sum(decimal.Decimal(n).sqrt() for n in range(2, 200))
    total = sum((fractions.Fraction(1, n) for n in range(1, 600)), fractions.Fraction())
    power = pow(3, 60_000) // pow(7, 9_000)
    least: list[tuple[int, str]] = []
    known: dict[int, list[str]] = {}
    for step in range(150_000):
        key = chance.randrange(4000)
        if chance.random() < 0.6:
            known.setdefault(key, []).append(WORDS[step % 13] * (key % 9))
            heapq.heappush(least, (key, str(step)))
        else:
            known.pop(key, None)
            if least:
                heapq.heappop(least)
    return str(root)[-20:], digest(total), digest(power % 10**50), len(known), digest(sorted(least))


class Node:
    """A node of a graph with cycles, for the collector."""

    def __init__(self, name: str) -> None:
        self.name, self.others, self.load = name, [self], bytearray(len(name) * 50)


def collected(chance: random.Random) -> object:
    """Cycles that only the collector frees; code that is compiled again and again."""
    seen: weakref.WeakSet[Node] = weakref.WeakSet()
    for _ in range(40):
        nodes = [Node(f"node {n}") for n in range(500)]
        for node in nodes:
            node.others += chance.sample(nodes, 4)
            seen.add(node)
        del nodes, node
        gc.collect()
    results = []
    for n in range(400):
        text = f"def f(x):\n    return [x * k + {n} for k in range({n % 50})]\nresult = sum(f({n % 7}))\n"
        names: dict[str, Any] = {}
        exec(compile(ast.parse(text), f"made {n}", "exec"), names)
        results.append(names["result"])
    return len(seen), digest(results)


def threaded(chance: random.Random) -> object:
    """Four threads hand blocks to each other; programs are started meanwhile."""
    todo: queue.Queue[bytes | None] = queue.Queue(100)
    done: queue.Queue[tuple[int, int]] = queue.Queue()

    def work() -> None:
        for item in iter(todo.get, None):
            done.put((len(item), zlib.crc32(bytes(reversed(item)))))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(4000):
        todo.put(chance.randbytes(chance.randrange(1 << chance.randrange(1, 16))))
        if number % 1000 == 0:
            subprocess.run([sys.executable, "-c", "print('x' * 100000)"], check=True, capture_output=True)
    for _ in threads:
        todo.put(None)
    for thread in threads:
        thread.join()
    return done.qsize(), digest(sorted(done.get() for _ in range(done.qsize())))


def stored(chance: random.Random) -> object:
    """A database in memory."""
    base = sqlite3.connect(":memory:")
    base.execute("create table t(a integer primary key, b text, c blob)")
    made: Iterator[tuple[int, str, bytes]] = (
        (n, WORDS[n % 13] * (n % 40), chance.randbytes(n % 700)) for n in range(8000)
    )
    base.executemany("insert into t values (?, ?, ?)", made)
    base.execute("create index i on t(b, c)")
    base.execute("delete from t where a % 3 = 0")
    base.execute("update t set b = b || b, c = c || c where a % 7 = 1")
    return digest(base.execute("select b, count(*), sum(length(c)) from t group by b order by b").fetchall())


PARTS: tuple[Callable[[random.Random], object], ...] = (texts, packed, computed, collected, threaded, stored)

if __name__ == "__main__":
    for number in range(3):
        for part in PARTS:
            print(number, part.__name__, part(random.Random(f"{part.__name__} {number}")), flush=True)
