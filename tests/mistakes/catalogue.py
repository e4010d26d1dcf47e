"""The mistakes, one of a kind."""

from __future__ import annotations

from functools import partial

from tests.mistakes.mistake import CODE, CONTRACT, LOOPS, PROOF, Mistake

TAKES = "return t.result == when(t.ghost.given == t.ghost.limit, 0, t.ghost.given + 1)"
BOUNDED = "return every([tickets.given >= 0, tickets.given <= tickets.limit, tickets.limit < WORD_LIMIT])"
THE_NEXT = '@clause("the ticket is the one after'
CLAIMED = 'return state.claimed("Tickets")[heap]'
SAME = "return (ram.given[heap] == tickets.given) & (ram.limit[heap] == tickets.limit)"
STEP = "return tickets.with_given(tickets.given + when(tickets.given == tickets.limit, 0, 1))"
DECIDES = ("decides at once", "write &, |, negate, implies, when")
LOOP = partial(Mistake, looping=True)
BODY = """        left = count
        while left != 0:
            loop("skipped", self, left)
            if self.given == self.limit:
                return
            self.given = self.given + 1
            left = left - 1
"""


def decides(name: str, old: str, new: str) -> Mistake:
    """An invariant that decides at once, where a formula is wanted."""
    return Mistake(name, CONTRACT, old, new, new.splitlines()[0], DECIDES)


DECISIONS = (
    decides("and", SAME, SAME.replace("&", "and")),
    decides("or", SAME, SAME.replace("&", "or")),
    decides("not", SAME, "return not (ram.given[heap] != tickets.given)"),
    decides("chained", BOUNDED, "return 0 <= tickets.given <= tickets.limit < WORD_LIMIT"),
    decides("min", BOUNDED, "return min(tickets.given, tickets.limit) == tickets.given"),
    decides("max", BOUNDED, "return max(tickets.given, tickets.limit) == tickets.limit"),
    decides("any", BOUNDED, "return any([tickets.given < tickets.limit, tickets.given == tickets.limit])"),
    decides("if", BOUNDED, "return tickets.limit < (WORD_LIMIT if tickets.given == 0 else 2**63)"),
)

CLAUSES = (
    Mistake("len", CONTRACT, CLAIMED, 'return len(state.claimed("Tickets")) > 0', "len(", ("keep a ghost number",)),
    Mistake("in", CONTRACT, CLAIMED, 'return heap in state.claimed("Tickets")', "heap in", ("write s[x]",)),
    Mistake(
        "quotient",
        CONTRACT,
        TAKES,
        "return t.result // t.ghost.limit <= 1",
        "t.result //",
        ("the clause takes_the_next divides by what may be 0", "multiply instead"),
    ),
    Mistake("returns_nothing", CONTRACT, TAKES, "t.result == 0", THE_NEXT, ("write `return`",)),
    Mistake("returns_number", CONTRACT, TAKES, "return t.result + 1", THE_NEXT, ("returns a number",)),
    Mistake("returns_true", CONTRACT, TAKES, "return True", THE_NEXT, ("says nothing of what it is given",)),
    Mistake(
        "no_sentence",
        CONTRACT,
        '@clause("take costs at most 3 loads and stores")',
        '@clause("")',
        '@clause("")',
        ("the clause take_cost has no sentence",),
    ),
    Mistake(
        "bare_clause",
        CONTRACT,
        '@clause("take costs at most 3 loads and stores")',
        "@clause  # bare",
        "# bare",
        ('write @clause("one sentence")',),
    ),
    Mistake(
        "writes_state",
        CONTRACT,
        TAKES,
        f"t.result = 0\n    {TAKES}",
        "t.result = 0",
        ("may not have an attribute set", "compute a new value"),
    ),
    Mistake(
        "calls_itself",
        CONTRACT,
        TAKES,
        "return takes_the_next.formula(t)",
        "takes_the_next.formula",
        ("calls itself without end",),
    ),
    Mistake(
        "no_next_state",
        CONTRACT,
        STEP,
        STEP.removeprefix("return "),
        "def _after_take",
        ("the abstract state after take is nothing: write `return`",),
    ),
)

NAMES = (
    Mistake(
        "struct",
        CONTRACT,
        'state.fields("Tickets")',
        'state.fields("Tikets")',
        "Tikets",
        ("the clause truthful", "there is no struct Tikets among Tickets"),
    ),
    Mistake(
        "field", CONTRACT, "ram.given[heap]", "ram.givn[heap]", "ram.givn", ("no field givn; it has given, limit",)
    ),
    Mistake(
        "ghost",
        CONTRACT,
        "tickets.given <= tickets.limit",
        "tickets.gven <= tickets.limit",
        "gven",
        ("the clause bounded: Dispenser has no gven; it has given",),
    ),
    Mistake("argument", CONTRACT, "is_word(t.limit)", "is_word(t.limt)", "limt", ("has no limt; it has limit",)),
    Mistake(
        "operation", CONTRACT, 'Operation("take"', 'Operation("tke"', '"tke"', ("Tickets has no tke(); it has take",)
    ),
    Mistake(
        "operation_not_there",
        CONTRACT,
        "(INIT, TAKE))",
        '(INIT, TAKE, Operation("give", (), _after_take, ())))',
        '"give"',
        ("Tickets has no give()",),
    ),
    Mistake(
        "clause",
        CONTRACT,
        "(takes_the_next, takes_a_new_one,",
        "(takes_the_nxt, takes_a_new_one,",
        "takes_the_nxt,",
        ("name 'takes_the_nxt' is not defined",),
    ),
    Mistake(
        "error",
        CONTRACT,
        "raises=())",
        'raises=("ValeError",))',
        'Operation("take"',
        ("take raises ValeError, which is no error; there are ValueError",),
    ),
    Mistake(
        "heap_class",
        PROOF,
        '"Tickets", ("Tickets",)',
        '"Tikets", ("Tickets",)',
        '"Tikets"',
        ("tickets.impl has no class Tikets; it has Tickets",),
    ),
    Mistake(
        "statement",
        CONTRACT,
        '@clause("take costs at most 3 loads and stores")',
        '@clause("take costs at most 3 loads and stores", covers="TIK-7")',
        "TIK-7",
        ("the clause take_cost covers TIK-7", "statements="),
    ),
    Mistake(
        "import",
        CONTRACT,
        "words import WORD_LIMIT",
        "words import WORDLIMIT",
        "WORDLIMIT",
        ("cannot import name 'WORDLIMIT'",),
    ),
    Mistake("syntax", CONTRACT, TAKES, "return t.result = 0", "t.result = 0", ("SyntaxError: invalid syntax",)),
    Mistake("name_in_code", CODE, "return given + 1", "return givn + 1", "givn", ("the name givn",)),
    Mistake("field_in_code", CODE, "given = self.given\n", "given = self.givn\n", "self.givn", ("the attribute givn",)),
)

TAKEN = 'Operation("take"'
KINDS = (
    Mistake(
        "result", CONTRACT, "raises=())", 'raises=(), returns="wrd")', TAKEN, ("returns a wrd, which is no kind; word",)
    ),
    Mistake(
        "kind_of_nothing", CONTRACT, "raises=())", 'raises=(), kinds={"n": "flag"})', TAKEN, ("take has no argument n",)
    ),
    Mistake(
        "no_clause",
        CONTRACT,
        "(descriptor, truthful, bounded)",
        "(descriptor, truthful, True)",
        "PUBLIC =",
        ("True is no clause",),
    ),
    Mistake(
        "no_operation",
        CONTRACT,
        "(INIT, TAKE))",
        "(INIT, takes_the_next))",
        "PUBLIC =",
        ("takes_the_next is no operation",),
    ),
    Mistake(
        "next_state_takes_more",
        CONTRACT,
        "def _after_take(t: Transition)",
        "def _after_take(t: Transition, u: Any)",
        "def _after_take",
        ("`after` of take takes (t, u), but is given (t)",),
    ),
    Mistake(
        "success_of_nothing",
        CONTRACT,
        "established=lambda t: not t.raised",
        "established=lambda t: not t.raisd",
        "t.raisd",
        ("Transition has no raisd; it has raised",),
    ),
)

ARITIES = (
    Mistake(
        "clause_takes_more",
        CONTRACT,
        "def takes_a_new_one(t: Transition)",
        "def takes_a_new_one(t: Transition, x: Any)",
        '@clause("a ticket that is given out',
        ("takes (t, x), but a clause of ensures is given (t)",),
    ),
    Mistake(
        "requires_takes_less",
        CONTRACT,
        "tickets: Dispenser, arguments: dict[str, Any])",
        "tickets: Dispenser)",
        '@clause("the descriptor is there before init")',
        ("a clause of requires is given (state, heap, ghost, arguments)",),
    ),
    Mistake(
        "operation_takes_more",
        CONTRACT,
        '"init", ("limit",)',
        '"init", ("limit", "more")',
        "INIT = ",
        ("names the arguments (limit, more), but Tickets.init takes (limit)",),
    ),
)

PROGRAMS = (
    LOOP(
        "no_annotation",
        CODE,
        '            loop("skipped", self, left)\n',
        "",
        "while left != 0",
        ("nothing known bounds its rounds", 'begin the loop with loop("specification", ...)'),
    ),
    LOOP(
        "for_range",
        CODE,
        BODY,
        "        for i in range(count):\n            self.take()\n",
        "for i in range",
        ("a range of an unknown number", "while i < n"),
    ),
    LOOP(
        "loop_name",
        CODE,
        'loop("skipped"',
        'loop("skiped"',
        "skiped",
        ("no specification is called 'skiped'", "defines skipped"),
    ),
    LOOP(
        "loop_arity",
        CODE,
        'loop("skipped", self, left)',
        'loop("skipped", self)',
        "def skipped",
        ("missing 1 required",),
        where=LOOPS,
    ),
    LOOP(
        "change",
        LOOPS,
        '("Tickets.given",)',
        '("Tickets.givn",)',
        "def skipped",
        ("changes 'Tickets.givn', and there is no such part; Tickets.given",),
    ),
    LOOP(
        "change_of_ghost", LOOPS, '("Tickets.given",)', '("ghost.gven",)', "def skipped", ("no such part; ghost.given",)
    ),
    LOOP(
        "changes_string", LOOPS, '("Tickets.given",)', '"Tickets.given"', "def skipped", ("write ('Tickets.given',)",)
    ),
    LOOP("no_loop", LOOPS, "return Loop(", "Loop(", "def skipped", ("returns NoneType: return Loop(",)),
    LOOP("no_triple", LOOPS, "[there,", "[there[2],", "def skipped", ("among (name, sentence, truth) triples",)),
    LOOP("no_measure", LOOPS, ", left, (", ", None, (", "def skipped", ("no number for its measure",)),
)

NOTED = (
    Mistake(
        "no_contract",
        CODE,
        "    def take(self)",
        "    def untake(self) -> None:\n        self.given = 0\n\n    def take(self)",
        "def untake",
        ("nothing is proved of untake", "write Operation(...)"),
        status=0,
    ),
)
"""A gap that the proofs do not see; the command says so, and ends as it would."""

REFUTED = (
    Mistake(
        "no_step",
        CONTRACT,
        STEP,
        "return tickets",
        "",
        ("perhaps: here the abstract state stays as it was, but Tickets.given changed", "an advance(...) is missing"),
        status=1,
    ),
    LOOP(
        "unbounded",
        LOOPS,
        "is_word(left)",
        "0 <= left",
        "",
        ("perhaps: the loop at line 36 (skipped) forgets the local left",),
        status=1,
    ),
    LOOP(
        "matching_loop",
        LOOPS,
        "is_word(left)",
        "is_word(left) & ram.limit.everywhere(lambda a: (a < 0) | (ram.limit[ram.limit[a] + 1] > ram.limit[a]))",
        "",
        ("goes round in skipped.counted",),
        status=1,
    ),
    Mistake(
        "claim",
        CODE,
        "        given = self.given\n",
        "        Tickets.claim(self.memory, self.given)\n        given = self.given\n",
        "",
        ("a new header lies wholly in pages that the heap has mapped", "in take"),
        status=1,
    ),
    Mistake(
        "recursion",
        CODE,
        "            return NONE\n",
        "            return self.take()\n",
        "",
        ("raises_only", "RecursionError", "of a recursion make such a loop"),
        status=1,
    ),
)
"""Theorems that are false; what is told of them beside the run names the reason."""

ONE_MESSAGE = (*DECISIONS, *CLAUSES, *NAMES, *KINDS, *ARITIES, *PROGRAMS, *NOTED)
