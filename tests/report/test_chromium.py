"""Reports in a real browser: nothing overlaps, nothing is cut, nothing is said on the console."""

import pytest

from chromium import PROGRAM, Chromium
from designs import write_small
from fcgen.report import write
from report.designs import hostile, simulated, synthesised

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no Chromium: apt-get install -y chromium; `make campaign` has these"
)
DESKTOP, PHONE = 1280, 390


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page with everything, of hostile names, and one where most is absent."""
    folder = tmp_path_factory.mktemp("pages")
    made, plain = hostile(folder / "design"), write_small(folder / "plain")
    simulated(made)
    synthesised(made)
    return [write(made.directory), write(plain.directory)]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_overlaps_and_nothing_is_cut(width, dark, pages, browser):
    for page in pages:
        browser.open(page, width, dark)
        assert browser.faults_of_layout() == []


def test_nothing_is_asked_of_the_network_and_the_console_is_silent(pages, browser):
    browser.faults.clear()
    browser.requests.clear()
    for page in pages:
        browser.open(page, DESKTOP)
        browser.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert browser.faults_of_layout() == []
    assert browser.faults == []
    assert browser.requests == [page.resolve().as_uri() for page in pages]


def test_dark_is_dark_and_light_is_light(pages, browser):
    numbers = "getComputedStyle(document.body).{}.match(/\\d+/g).slice(0, 3).map(Number)"
    found = {}
    for dark in (False, True):
        browser.open(pages[0], DESKTOP, dark)
        found[dark] = [
            sum(browser.evaluate(numbers.format(k))) for k in ("backgroundColor", "color")
        ]
    assert found[False][0] > 600 > 200 > found[False][1]
    assert found[True][1] > 600 > 200 > found[True][0]


def test_the_verdict_and_all_tiles_are_on_the_first_screen_of_a_phone(pages, browser):
    browser.open(pages[0], PHONE)
    bottom = browser.evaluate("document.querySelector('.tiles').getBoundingClientRect().bottom")
    assert bottom < 844


def test_the_layout_check_finds_what_is_wrong(tmp_path, browser):
    page = tmp_path / "bad.html"
    page.write_text(
        "<!DOCTYPE html><h1>a title</h1><h2 style='margin-top:-40px'>over it</h2>"
        "<div style='width:2000px'>wide</div><figure><svg viewBox='0 0 100 50'>"
        "<text x='5' y='20'>one text</text><text x='8' y='22'>another</text></svg></figure>"
    )
    browser.open(page, DESKTOP)
    found = " ".join(browser.faults_of_layout())
    assert "the page is" in found
    assert "sticks out: <DIV>" in found
    assert found.count("overlap: ") == 2
