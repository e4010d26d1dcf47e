"""The page of `drystone report`: it is whole in itself, says what the report says, and works in a real browser."""

import inspect
import json
import re
import shutil
from pathlib import Path

import pytest

import impl.segment_heap
from proofs import registry
from proofs.engine.verdict import Failure, Report, TheoremResult, Verdict
from proofs.page.contents import contents
from proofs.page.evidence import Evidence, Known
from proofs.page.measuring import ALLOWED, IN_TURN, Dot, axis_of, measured, thinned
from proofs.page.plots import bound_plot
from proofs.page.resting import MACHINE, operations_below, resting
from proofs.page.specifications import lines_of
from proofs.page.writing import html, units, written
from tests.pictures import FOLDER, drawn, refuted

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HEAP = "segment_heap"
HOSTILE = "<script>alert(1)</script> & \"'"
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 400, "height": 800}}


def report_of_segment_heap() -> Report:
    """Made by hand, so that no test of the page waits for a proof: one REFUTED theorem, one UNKNOWN, others PROVED."""
    public = registry.public_of("segment_heap")
    theorems = [
        TheoremResult(f"segment_heap.{op.name}.{law.name}", "segment_heap", op.name, law.sentence, Verdict.PROVED, 3, 2)
        for op in public.operations
        for law in op.ensures
    ]
    broken = refuted()
    kept = [one for one in theorems if one.id != broken.id]
    open_ = TheoremResult("segment_heap.free.hostile", "segment_heap", "free", HOSTILE, Verdict.UNKNOWN, 1)
    open_.failures = [Failure(HOSTILE, "x.py:1", (HOSTILE,), ((HOSTILE, HOSTILE),), HOSTILE)]
    step = TheoremResult("segment_heap.free.helped", "segment_heap", "free", "it helps", Verdict.PROVED, 1, step=True)
    report = Report([*kept, broken, open_, step], notes=[HOSTILE])
    taken = ("virtual_memory.map.took", "virtual_memory.map.kept", "segment_heap.free")
    report.rests = {"segment_heap.allocate": taken, "virtual_memory.map": ("address_space.map",)}
    return report


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a broken segment heap, as a file."""
    known = Known(obligations=3, second=3, claims=["SEG-1"], defects=[HOSTILE])
    evidence = Evidence({"segment_heap.free.free_cost": known})
    evidence.statements.append({"id": "SEG-1", "sentence": HOSTILE, "theorems": [], "tests": 1, "missing": ""})
    dots = measured(["segment_heap"], {}, 1)
    return written(
        contents(["segment_heap"], report_of_segment_heap(), dots, evidence), tmp_path_factory.mktemp("page")
    )


def test_the_page_holds_every_theorem_once_by_its_id_and_no_text_as_markup(page):
    text = page.read_text()
    for theorem in report_of_segment_heap().theorems:
        assert text.count(f'<tr id="{theorem.id}"') == 1
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text
    assert not re.search(r'(?:src|href)="(?:https?:|//)', text) and "url(http" not in text


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page):
    text = page.read_text()
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_a_dot_over_its_bound_is_told():
    """A picture of a theorem that does not hold must not look like one that does."""
    dots = {"segment_heap": {"free": [Dot(50, 40, ()), Dot(30, 40, ())]}}
    text = html(contents(["segment_heap"], report_of_segment_heap(), dots, Evidence()))
    assert "1 over the bound" in text and "50 of 40" in text


def test_measured_costs_are_those_of_real_calls_and_stay_within_the_bounds():
    found = measured(["segment_heap"], {}, 1)["segment_heap"]
    assert set(found) == {"init", "allocate", "free", "trim", "dump", "destruct"}
    assert all(0 <= dot.cost <= dot.bound for dots in found.values() for dot in dots)
    assert any(dot.cost > dot.bound // 2 for dot in found["free"])


START_OF_TRIM = "        last = Segment(self.memory, self.last_segment)\n        if last.address == NULL:\n"


def test_costs_of_another_edition_are_its_own():
    """A trim that loads a field once more than it needs shows in the dots."""
    sound = inspect.getsource(impl.segment_heap)
    text = sound.replace(START_OF_TRIM, f"        _ = self.end\n{START_OF_TRIM}")
    slow, quick = (measured([HEAP], {HEAP: one}, 1)[HEAP] for one in (text, sound))
    assert sum(dot.cost for dot in slow["trim"]) == sum(dot.cost for dot in quick["trim"]) + len(quick["trim"])


def test_a_plot_goes_along_the_number_that_settles_the_bound():
    along = [Dot(n, 10 + 2 * n, (("count", n), ("size", n % 3))) for n in range(8)]
    assert axis_of(along).name == "count"
    assert axis_of([Dot(n, 10 + n * n % 7, (("count", n // 2),)) for n in range(8)]).name == ALLOWED
    assert axis_of([Dot(n, 10, ()) for n in range(8)]).name == IN_TURN
    assert max(thinned([Dot(n, 10**3, ()) for n in range(999)]), key=lambda dot: dot.cost).cost == 998


def test_the_same_numbers_give_the_same_plot_and_its_colours_are_those_of_the_page():
    dots = [Dot(n, 10 + 2 * n, (("count", n),)) for n in range(8)]
    first = bound_plot("a.<b>", dots)
    assert first == bound_plot("a.<b>", dots)
    assert "var(--live)" in first and "<b>" not in first and not re.search("#0[1-6]0[2-7]0[3-8]", first)


def test_what_rests_on_what_comes_out_in_layers_down_to_the_machine():
    rests = report_of_segment_heap().rests
    found = resting(["segment_heap"], rests)
    assert found.layers == [["segment_heap"], ["virtual_memory"], ["address_space"], [MACHINE]]
    assert found.edges["segment_heap", "virtual_memory"] == 2
    assert operations_below(rests)["segment_heap.allocate"] == {"virtual_memory.map": 2, "segment_heap.free": 0}


@pytest.mark.parametrize("name", ["segment_heap", "block_heap"])
def test_every_clause_of_a_specification_has_a_place_of_its_own(name):
    ids = [line.id for line in lines_of(name) if line.id]
    assert len(ids) == len(set(ids))
    public = registry.public_of(name)
    laws = {f"spec.{name}.{op.name}.{law.name}" for op in public.operations for law in op.ensures if not law.inner}
    assert laws | {f"spec.{name}.always.{law.name}" for law in public.invariants} <= set(ids)


def test_large_numbers_are_told_shortly():
    assert [units(n) for n in (7, 1200, 3_400_000)] == ["7", "1.2 k", "3.4 M"]


def test_the_pictures_of_the_readme_are_those_that_are_drawn_now():
    """`python -m tests.pictures` draws them again."""
    found = drawn()
    assert set(found) == {file.name for file in FOLDER.glob("*.svg")}
    assert {name: (FOLDER / name).read_text() for name in found} == found
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    assert all(f".github/pictures/{name}" in readme for name in found)


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser():
    if BROWSER is None:
        pytest.skip("no Chromium is installed: the page is not opened")
    sync = pytest.importorskip("playwright.sync_api", reason="no Playwright is installed: the page is not opened")
    with sync.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(params=SIZES)
def opened(request, browser, page):
    """The page in a window; afterwards nothing was asked of anybody, and nobody complained."""
    window = browser.new_page(viewport=SIZES[request.param], color_scheme="light")
    said: list[str] = []
    window.on("console", lambda message: said.append(message.text))
    window.on("pageerror", lambda error: said.append(str(error)))
    window.on("request", lambda asked: said.append(asked.url) if asked.url != page.as_uri() else None)
    window.goto(page.as_uri())
    yield window
    assert said == []
    window.close()


def visible(window):
    return window.eval_on_selector_all(".operation tbody tr", "rows => rows.filter(r => !r.hidden).map(r => r.id)")


def test_search_and_filters_leave_what_fits(opened):
    opened.keyboard.press("/")
    opened.keyboard.type("free cost")
    opened.locator("#found", has_text="1 of").wait_for()
    assert visible(opened) == ["segment_heap.free.free_cost"]
    assert opened.locator("tr[id='segment_heap.free.free_cost']").is_visible()
    opened.keyboard.press("Escape")
    assert len(visible(opened)) == len(report_of_segment_heap().theorems) - 1
    opened.select_option("#state", "REFUTED")
    assert visible(opened) == [refuted().id]
    opened.select_option("#state", "")
    opened.select_option("#evidence", "second")
    assert visible(opened) == ["segment_heap.free.free_cost"]
    opened.select_option("#evidence", "")
    opened.check("#steps")
    assert "segment_heap.free.helped" in visible(opened)


def test_a_link_opens_what_it_leads_to(opened, page):
    opened.goto(f"{page.as_uri()}#segment_heap.free.free_cost")
    assert opened.locator("tr[id='segment_heap.free.free_cost']").is_visible()
    opened.click("tr[id='segment_heap.free.free_cost'] a.formula")
    assert opened.locator("b[id='spec.segment_heap.free.free_cost']").is_visible()


def test_the_stepper_goes_through_the_run_with_buttons_and_keys(opened):
    shown = "figures => figures.map(f => !f.hidden)"
    steps = len(refuted().unfolding["steps"])
    assert opened.eval_on_selector_all(".stepper figure", shown) == [False] * (steps - 1) + [True]
    assert refuted().sentence in opened.locator(".stepper figure.falls").inner_text()
    opened.click(".stepper .back")
    assert opened.eval_on_selector_all(".stepper figure", shown)[-2:] == [True, False]
    opened.focus(".stepper")
    opened.keyboard.press("ArrowLeft")
    assert opened.locator(".stepper .where").inner_text() == f"step {steps - 2} of {steps}"
    opened.keyboard.press("ArrowRight")
    opened.click(".stepper li:last-child button")
    assert opened.eval_on_selector_all(".stepper figure", shown)[-1]
    assert opened.locator(".stepper figure.falls rect.overlap").first.is_visible()


def test_an_operation_shows_what_it_rests_on(opened):
    opened.select_option("#operation", "segment_heap.allocate")
    assert opened.eval_on_selector_all(".resting a.lit", "all => all.length") == 4
    assert "free (as a whole)" in opened.locator("#below").inner_text()


def test_both_themes_and_no_scrolling_sideways(opened):
    """Dark if the system is, or if the reader says so."""
    paper = "getComputedStyle(document.body).backgroundColor"
    assert opened.evaluate(paper) == "rgb(255, 255, 255)"
    opened.keyboard.press("t")
    assert opened.evaluate(paper) == "rgb(20, 24, 31)"
    opened.keyboard.press("t")
    opened.emulate_media(color_scheme="dark")
    assert opened.evaluate(paper) == "rgb(255, 255, 255)"  # what the reader chose stays
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.evaluate("document.querySelectorAll('.plots svg').length") >= 5


def test_the_data_in_the_page_cannot_end_its_script():
    report = report_of_segment_heap()
    report.rests["segment_heap.</script>"] = ("segment_heap.free",)
    text = html(contents(["segment_heap"], report, {}, Evidence()))
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert "segment_heap.</script>" in json.loads(found[1])["below"]
