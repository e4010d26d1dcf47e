"""What C means otherwise than Python is translated so that it means the same, or refused with line and reason."""

from dataclasses import replace

import pytest

from proofs.export.program import Untranslatable
from proofs.registry import Mistake
from tests.exporting import HEAD, little, needs_compiler, side_by_side

LINES = HEAD.count("\n")
STRUCT = """\
class Thing(Struct, size=32):
    a = u64()
    b = u32()
    c = u8()
    on = flag()
    link = pointer()

"""


def method(*lines: str, head: str = "run(self, n: int) -> int") -> str:
    """The struct with one method."""
    return STRUCT + f"    def {head}:\n" + "".join(f"        {line}\n" for line in lines)


REFUSED = [
    (method("return self.run(n)"), "calls itself", "write a loop"),
    (method("return -n"), "of what is no constant", "subtract from a word"),
    (method("return n + 1 - ~n"), "of what is no constant", "use ^"),
    (method("return n + True"), "a bool where a word is needed", "compute with words"),
    (method("return n << 64"), "a shift by 64", "shift by less than 64"),
    (method("return n + 2**64"), "which is no machine word", "stay within machine words"),
    (method("x = n if n else self.on", "return n"), "is a word and a bool", "choose between values of one kind"),
    (method("x = n", "x = self.on", "return x"), "which is a word and a bool", "use two names"),
    (method("if n == self.on:", "    return 1", "return 0"), "n == self.on", "compare truths with == and != alone"),
    (
        method("if n > 2:", "    return -1", "return n"),
        "a int that is returned where a word is",
        "return values of one kind",
    ),
    (method("return n", head="run(self, n) -> int"), "the parameter n of type (none)", "declare int, bool"),
    (method("return n", head="run(self, n: float) -> int"), "of type float", "declare int, bool"),
    (method("return 1 if n == -1 else 0"), "n == -1", "compare what is below 0 with constants"),
    (method("self.on = n", "return n"), "a word in a flag", "store a truth"),
    (method("for x in range(n):", "    n = n + 1", "return n"), "in range(n)", "count in a while"),
    (method("for x in range(2, -3, -1):", "    n = n + 1", "return n"), "numbers below 0", "count in words"),
    (method("return (n, 2)[n]"), "(n, 2)[n]", "name what is indexed"),
    (method("t = n, 2", "return t[n]"), "t[n] of a tuple", "index a tuple with a constant"),
    (method('raise NotValid(f"{self.memory.find_place(n)}")'), "a message that does something", "give it a name"),
    (method("hold('spec', self.memory.find_place(n))", "return n"), "which a ghost is given", "give it a name before"),
    (method("self.memory.claim(Thing, n // self.a)", "return n"), "which a ghost is given", "give it a name before"),
    (method("x = self.memory.release_range(Thing, n, n)", "return n"), "the value of", "call it for what it does"),
    (method("view = Thing(self, n)", "return view.a"), "Thing(self, n)", "write Struct(memory, address)"),
    (method("return -(2**31) if n else 0"), "no int of C", "stay above -2**31"),
]


@pytest.mark.parametrize(("text", "said", "instead"), REFUSED, ids=[said for _, said, _ in REFUSED])
def test_what_has_no_translation_is_refused_with_its_line_and_what_to_write_instead(text, said, instead):
    with pytest.raises(Exception) as refusal:
        little(text, "run")
    words = str(refusal.value)
    assert said in words
    assert instead in words
    assert words.startswith("little.py:")
    assert int(words.split(":")[1]) >= LINES + STRUCT.count("\n")


def test_a_function_that_a_derived_struct_has_too_is_refused():
    text = method("return self.step(n)") + "\n    def step(self, n: int) -> int:\n        return n\n\n"
    text += "class Other(Thing):\n    def step(self, n: int) -> int:\n        return n + 1\n"
    with pytest.raises(Untranslatable, match="step, which Other has, too"):
        little(text, "run")


IN_PARTS = """\
class Low(Struct):
    a = u64()

    def step(self, n: int) -> int:
        self.a = n
        return self.twice(self.a) + self.SIZE

    def twice(self, n: int) -> int:
        return n * 2


class Middle(Low):
    b = u32()

    def bump(self, n: int) -> int:
        self.b = 7
        return self.step(n)


class Thing(Middle, size=32):
    c = u64()

    def run(self, n: int) -> int:
        self.c = self.bump(n)
        return self.c + self.b
"""


@needs_compiler
def test_the_functions_of_a_structs_parts_are_its_own():
    unit = little(IN_PARTS, "run")
    for head in ("thing_step(struct thing *thing,", "thing_bump(struct thing *thing,", "thing_twice("):
        assert head in unit.source
    assert "low" not in unit.source.lower() and "middle" not in unit.source.lower()
    both = side_by_side(unit)
    for n in (0, 5, 1000):
        assert both.call("run", n) == (2 * n + 39, "")


def test_a_part_of_two_structs_is_refused():
    text = IN_PARTS + "\n\nclass Other(Low, size=8):\n    pass\n"
    with pytest.raises(Untranslatable, match="Low, which is a part of Other and Thing,") as refusal:
        little(text, "run")
    assert refusal.value.line == LINES + 1


def test_two_things_that_would_get_one_name_are_refused():
    with pytest.raises(Mistake, match="two things would be called THING_INVALID_FREE"):
        little("INVALID_FREE = 7\n" + method("if n == INVALID_FREE:", "    raise InvalidFree()", "return n"), "run")
    fill = method("self.memory.fill(n, 8, 0)", "return n", head="fill(self, n: int) -> int")
    assert "uint64_t thing_thing_fill(const struct thing *thing, uint64_t n);" in little(fill, "fill").header


def test_what_may_be_none_is_not_handed_on_as_a_word():
    text = (
        method("x = None", "if n > 1:", "    x = n", "return self.step(x)") + "\n    def step(self, n: int) -> int:\n"
    )
    with pytest.raises(Untranslatable, match="what may be None where it must not"):
        little(text + "        return 1 if n is None else 2\n", "run")


def test_what_can_be_called_does_not_outlive_the_call_that_handed_it_on():
    text = "@dataclass(frozen=True)\nclass Kept:\n    inner: Callable[[int], int]\n\n"
    text += "    def __call__(self, n: int) -> int:\n        return self.inner(n)\n\n"
    text += "def kept(f: Callable[[int], int]) -> Kept:\n    return Kept(f)\n\n"
    run = method("inside = kept(f)", "return inside(n)", head="run(self, n: int, f: Callable[[int], int]) -> int")
    with pytest.raises(Untranslatable, match="what can be called as a result"):
        little(text + run, "run")


def test_what_can_fail_is_not_handed_on_as_what_can_be_called():
    text = "def half(n: int) -> int:\n    return 8 // n\n\n"
    text += "def apply(n: int, f: Callable[[int], int] = half) -> int:\n    return f(n)\n\n"
    with pytest.raises(Untranslatable, match="half, which can fail"):
        little(text + method("return apply(n)"), "run")


SAME = {
    "words of every width": ["return (self.b << 8) + self.c * 256 + (self.c ^ 255)"],
    "a product of narrow fields": ["return self.b * self.b"],
    "a flag that is neither 0 nor 1": ["return 5 if self.on else 6"],
    "a mask below 0": ["return (n & -8) + (n & ~7)"],
    "quotients": ["return n // 7 * 7 + n % 7 + (n // 8) % 3"],
    "a divisor that may be 0": ["x = n // self.c", "return x + n % self.c"],
    "a divisor that may be 0, on the right of and": ["return 1 if n > 3 and n // self.c > 2 else 0"],
    "a guarded divisor": ["return 1 if self.c != 0 and n // self.c > 2 else 0"],
    "and and or of words": ["return (n and self.a) + (self.c or 9)"],
    "a chain": ["return 1 if 1 < self.step(n) <= 300 < self.step(3) else 2"],
    "calls that act, in one sum": ["return self.step(n) * 1000 + self.step(3) - self.step(1)"],
    "a field that a call changes beside it": ["return self.a + self.step(n) + self.a"],
    "arguments that act": ["return self.pair(self.step(1), self.step(2)) + self.pair(self.a, self.step(1))"],
    "truths that are both evaluated": ["return 1 if (self.step(1) > 1) & (self.step(2) > 1) else 0"],
    "truths of which one is evaluated": ["return 1 if n > 4 and self.step(1) > 1 or self.step(2) > 3 else 0"],
    "a local carried round a loop": [
        *("i = 0", "while i < 3:", "    if i == 0:", "        x = n", "    else:", "        x = x + 1"),
        *("    i = i + 1", "return x"),
    ],
    "a loop whose condition acts": ["i = 0", "while self.step(i) < 40:", "    i = i + 1", "return i"],
    "an error in a condition": ["while n < 10 and self.fail(n) > 0:", "    n = n + 1", "return n"],
    "finally over finally": [
        *("try:", "    try:", "        return self.fail(n)", "    finally:", "        self.step(1)"),
        *("finally:", "    self.step(2)"),
    ],
    "a handler that raises again": [
        *("try:", "    x = self.fail(n)", "except NotValid:", "    x = 77", "except InvalidFree:"),
        *("    self.step(1)", "    raise", "else:", "    x = x + self.step(2)", "return x"),
    ],
    "an error in finally": ["try:", "    return self.fail(n)", "finally:", "    self.fail(n + 1)"],
    "a counter that the body changes": ["for x in range(3):", "    x = x + n", "    n = x", "return n + x"],
    "targets that exchange": ["a = n", "b = self.step(1)", "a, b = b, a", "return a * 1000 + b"],
    "a call on the left": ["self.other().a = self.step(5)", "return self.a"],
    "a number that grows": ["x = 1", "x += self.step(1)", "x <<= 2", "return x"],
    "bits": ["return n.bit_length() + self.c.bit_length() + (1 << self.c % 8)"],
    "extremes": ["return min(n, self.step(1), 7) + max(self.c, n)"],
    "a truth that counts": ["return (n > 3) * 4 + (self.on) * 2"],
    "what may be None, compared": ["x = None", "if n > 3:", "    x = n // 2", "return (x == 2) * 4 + (x != 3) * 2"],
    "what may be None, taken": [
        "x = None",
        "if n > 3:",
        "    x = n",
        "if x is None:",
        "    return 9",
        "return self.step(x)",
    ],
    "what may be None, chosen": ["x = None", "if n & 1:", "    x = 5", "return self.step(n if x is None else x)"],
    "a call of nothing, with something": ["self.nothing(self.step(n))", "return self.a"],
    "a tuple that nobody reads": ["t = n and 3, self.step(n) * 2", "return self.a"],
    "names that C knows": ["int_ = n", "register = int_ + 1", "thing_run = register", "return thing_run"],
}
HELPERS = """
    def step(self, n: int) -> int:
        self.a = (self.a + n) % 1000
        return self.a

    def pair(self, x: int, y: int) -> int:
        return x * 1000 + y

    def nothing(self, n: int) -> None:
        hold("spec", self, n)

    def other(self) -> Thing:
        self.step(1)
        return Thing(self.memory, self.address)

    def fail(self, n: int) -> int:
        self.step(1)
        if n == 4:
            raise NotValid("four")
        if n > 5:
            raise InvalidFree("more")
        return n
"""


@needs_compiler
def test_what_c_means_otherwise_is_translated_so_that_it_means_the_same():
    names = [f"run_{number}" for number in range(len(SAME))]
    methods = [
        f"    def {name}(self, n: int) -> int:\n" + "".join(f"        {line}\n" for line in lines)
        for name, lines in zip(names, SAME.values(), strict=True)
    ]
    both = side_by_side(little(STRUCT + "\n".join(methods) + HELPERS, *names))
    for name in names:
        for n in (0, 1, 2, 3, 4, 5, 6, 7, 255, 4096):
            for c, on in ((0, 0), (1, 1), (3, 2), (255, 255)):
                both.memory.write_both(both.heap, bytes([n % 256, 1, *[0] * 6, 7, 0, 0, 1, c, on]))
                both.call(name, n)


@needs_compiler
def test_what_is_given_by_address_and_by_value_is_the_same():
    text = """
class Area(NamedTuple):
    base: int
    size: int

@dataclass(frozen=True)
class Shifted:
    by: int
    inner: Callable[[int], Area | None]

    def __call__(self, number: int) -> Area | None:
        found = self.inner(number)
        if found is None:
            return None
        return Area(found.base + self.by, found.size)

def total(regions: Callable[[int], Area | None]) -> tuple[int, int]:
    number = 0
    size = 0
    while True:
        region = regions(number)
        if region is None:
            return size, number
        base, length = region
        size = size + length + base
        number = number + 1

class Thing(Struct, size=16):
    a = u64()

    def run(self, regions: Callable[[int], Area | None], by: int | None = None) -> Area:
        plain, count = total(regions)
        if by is None:
            return Area(plain, count)
        return Area(*self.both(regions, by))

    def both(self, regions: Callable[[int], Area | None], by: int) -> tuple[int, int]:
        return total(Shifted(by, regions))

    def maybe(self, n: int) -> int | None:
        return n if n > 3 else None
"""
    with pytest.raises(Exception, match="starred"):
        little(text, "run", "both", "maybe")
    text = text.replace(
        "return Area(*self.both(regions, by))", "x, y = self.both(regions, by)\n        return Area(x, y)"
    )
    both = side_by_side(little(text, "run", "both", "maybe"))
    areas = [(1, 2), (30, 40), (500, 600)]

    def regions(number):
        return sys_area(both, areas[number]) if number < len(areas) else None

    assert both.call("run", regions, None)[0] == (1173, 3)
    assert both.call("run", regions, 7)[0] == (1194, 3)
    assert both.call("both", regions, 1)[0] == (1176, 3)
    assert [both.call("maybe", n)[0] for n in (3, 4)] == [None, 4]


def sys_area(both, values):
    """A record of the little program."""
    return both.unit.program.runtime["Area"](*values)


LENGTH = """\
class Thing(Struct, size=8):
    a = u64()

    def run(self, n: int) -> int:
        return n.bit_length()
"""


@needs_compiler
@pytest.mark.parametrize("machine", ["counts zeros", "does not"])
def test_bit_lengths_are_the_same_whether_the_machine_counts_zeros_or_not(machine):
    unit = little(LENGTH, "run")
    counted = "#if defined(__GNUC__)"
    assert counted in unit.source
    if machine == "does not":
        unit = replace(unit, source=unit.source.replace(counted, "#if 0 && defined(__GNUC__)"))
    both = side_by_side(unit)
    for n in (0, 1, 2, 3, *(near for k in range(2, 65) for near in (2**k - 1, 2**k, 2**k + 1) if near < 2**64)):
        assert both.call("run", n) == (n.bit_length(), "")
