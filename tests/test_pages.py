"""Pages need nothing else: no address to fetch, no identity twice; colours are the style sheet's."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jinja2 import UndefinedError

from proofs.comparing.figures import Bounded, CFigures, Comparison, Dot, HeapFigures, OperationFigures, Sample
from proofs.comparing.page import page
from proofs.pages.plots import SERIES, VARIABLES, drawing, drawn
from proofs.pages.rendering import rendered

NAME = "<script>alert(1)</script>.trace"


def heap(name: str) -> HeapFigures:
    dots = tuple(Dot(event, 10 * event % 70) for event in range(40))
    operations = [
        OperationFigures("malloc", 40, 30, 60, 60, 80, (Bounded(6, 60, 80),), dots),
        OperationFigures("init", 1, 5, 5, 5, None, (), (Dot(0, 5),)),
    ]
    samples = [Sample(event, 100 * event, 110 * event, 8192) for event in range(1, 40)]
    return HeapFigures(name, peak_mapped=8192, events=40, operations=operations, samples=samples, loads=9)


def comparison(*heaps: HeapFigures) -> Comparison:
    c = CFigures("mine.c", "optimised", 40, 0, 3900, 4096, 40, 900)
    return Comparison(NAME, 40, 40, 3900, "", ("read as mtrace",), heaps or (heap("a_heap"), heap("b_heap")), (c,))


class Seen(HTMLParser):
    """What a page names: identities, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href", "srcset", "action"):
                self.targets.append(value)


def test_a_page_needs_nothing_else_and_names_nothing_twice():
    text = page(comparison())
    seen = Seen(text)
    assert seen.ids
    assert len(seen.ids) == len(set(seen.ids))
    assert all(target.startswith("#") and target[1:] in seen.ids for target in seen.targets)
    assert not re.search(r"url\((?!#)|@import", text)
    assert not seen.tags & {"script", "link", "img", "iframe"}


def test_equal_figures_give_equal_pages():
    assert page(comparison()) == page(comparison())


def test_every_plot_is_well_formed_follows_the_theme_and_says_what_it_shows():
    plots = re.findall(r"<svg.*?</svg>", page(comparison()), re.DOTALL)
    assert len(plots) == 2 + 2 * 2
    for plot in plots:
        tree = ElementTree.fromstring(plot)
        assert tree.get("role") == "img"
        assert tree.get("aria-label")
        assert not [colour for colour in VARIABLES if colour in plot]


def test_the_style_sheet_has_every_colour_for_both_themes():
    style = (Path(__file__).parent.parent / "proofs/pages/style.css").read_text()
    for variable in VARIABLES.values():
        assert len(re.findall(rf"{variable}:", style)) == 2, variable


@pytest.mark.parametrize("broken", [False, True])
def test_a_page_says_whether_a_heap_broke_a_theorem(broken):
    found = heap("a_heap")
    found.violations = [(7, "a_heap.malloc.aligned")] if broken else []
    text = page(comparison(found))
    assert ("REFUTED  a_heap.malloc.aligned, at event 7" in text) == broken
    assert ("CHECKED" in text) == (not broken)


def test_a_heap_without_samples_has_a_page(tmp_path):
    assert "empty_heap" in page(comparison(HeapFigures("empty_heap")))


def test_a_template_that_uses_what_nobody_gave_is_an_error(tmp_path):
    template = tmp_path / "one.html.j2"
    template.write_text('{% extends "base.html.j2" %}{% block body %}{{ given }}{% endblock %}')
    assert "&lt;b&gt;" in rendered(template, given="<b>")
    with pytest.raises(UndefinedError):
        rendered(template)


def test_a_plot_may_be_drawn_many_times():
    with drawing() as figure:
        figure.subplots().plot([1, 2], color=SERIES[0])
        first, second = drawn(figure, "a & b", "one"), drawn(figure, "a & b", "two")
    assert 'aria-label="a &amp; b"' in first
    assert first.replace("one-", "two-") == second
