import re
import resource
import subprocess
import sys

import html5lib
import pytest

from command_line import run
from designs import small_layer, write_small
from fcgen import accelerator
from fcgen.quantization.accuracy import ACCURACY
from fcgen.report import write
from fcgen.report.roofline import heights
from fcgen.schedule.folding import Folding
from fcgen.synthesis import folder as folders
from report.designs import HOSTILE, hostile, simulated, synthesised

SVG = "{http://www.w3.org/2000/svg}"
HTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A design with hostile names and all results beside it."""
    design = hostile(tmp_path_factory.mktemp("report") / "design")
    simulated(design)
    synthesised(design)
    return design


@pytest.fixture(scope="module")
def text(made):
    return write(made.directory).read_text()


@pytest.fixture(scope="module")
def document(text):
    """The page, parsed by a parser that takes no mistake."""
    return html5lib.HTMLParser(strict=True).parse(text)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A layer for no device, never simulated; its page as text."""
    design = write_small(tmp_path_factory.mktemp("report") / "plain")
    return write(design.directory).read_text()


def texts(element):
    return " ".join("".join(element.itertext()).split())


def rows(document):
    """The cells of every row of every table."""
    return [tuple(texts(cell) for cell in row) for row in document.iter(f"{HTML}tr")]


def classed(document, name):
    found = (e for e in document.iter() if name in (e.get("class") or "").split())
    return [texts(element) for element in found]


def test_the_page_is_well_formed_and_every_identifier_is_there_once(document):
    identifiers = [e.get("id") for e in document.iter() if e.get("id")]
    assert len(identifiers) == len(set(identifiers)) > 100


def test_everything_that_the_page_refers_to_is_in_it(text, document):
    identifiers = {e.get("id") for e in document.iter()}
    hrefs = {e.get("href") for e in document.iter() if e.get("href")}
    referred = {href.removeprefix("#") for href in hrefs} | set(
        re.findall(r"url\(#([^)]*)\)", text)
    )
    labels = [e.get("aria-labelledby") for e in document.iter() if e.get("aria-labelledby")]
    assert referred | set(" ".join(labels).split()) <= identifiers


def test_the_page_asks_for_nothing_from_elsewhere(text, document):
    assert not re.search(r"https?:|@import|url\((?!#)", text.replace(HOSTILE[2], ""))
    assert all(href.startswith("#") for e in document.iter() if (href := e.get("href")))
    forbidden = {"script", "link", "img", "iframe", "object", "embed", "base", "image"}
    assert not {str(e.tag).rpartition("}")[2] for e in document.iter()} & forbidden


def test_hostile_names_are_texts_and_nothing_else(document):
    shown = texts(document)
    assert HOSTILE[0] in shown
    assert HOSTILE[1] in shown
    assert HOSTILE[2] in shown
    assert "a b c d {{ 7 * 7 }} {% raw %} 漢字" in shown
    assert not any(name.startswith("on") for e in document.iter() for name in e.attrib)


def test_every_chart_has_a_title_a_description_a_caption_and_numbers(document):
    figures = list(document.iter(f"{HTML}figure"))
    assert len(figures) == 9
    for figure in figures:
        svg = figure.find(f"{SVG}svg")
        assert svg.get("role") == "img"
        assert len(texts(svg.find(f"{SVG}title"))) > 5
        assert len(texts(svg.find(f"{SVG}desc"))) > 40
        assert len(texts(figure.find(f"{HTML}figcaption"))) > 40
    without = [f for f in figures if f.find(f"{HTML}details/{HTML}table") is None]
    assert [texts(f.find(f"{SVG}svg/{SVG}title")) for f in without] == ["Block diagram"]


def test_colours_are_those_of_the_style_sheet_so_that_dark_is_dark(text):
    body = text[text.index("<body>") :]
    assert "var(--c1)" in body
    assert not re.findall(r"(?:fill|stroke): #\w+", body)


def test_the_tiles_say_what_was_found_and_where_it_comes_from(document):
    tiles = " | ".join(classed(document, "tile"))
    assert "Exact No the certificate lists where the network differs" in tiles
    assert "Accuracy 83.33 % 100.00 % in floats; 6 vectors integers" in tiles
    assert "Clock 150.0 MHz median of 2 seeds; capped at 212 MHz placed and routed" in tiles
    assert "43 % DSP of ecp5-25k; LUT 5 %, FF 10 %, RAM 12 % placed and routed" in tiles


def test_a_certificate_that_is_not_exact_is_the_verdict(document):
    assert classed(document, "verdict")[0].startswith("Not equal to <script>alert(1)</script>")
    assert classed(document, "bad")


def test_estimate_and_measurement_of_a_layer_stand_side_by_side(document, made):
    guess = made.estimate().layers[0]
    row = next(row for row in rows(document) if row[:2] == (HOSTILE[0], f"{guess.lut:,}"))
    assert row[2:] == ("77", f"{guess.ff:,}", "88", f"{guess.dsp}", "5", f"{guess.ram}", "1")


def test_the_confusion_matrix_is_there_as_numbers(document):
    counts = {("0", "2", "0", "0"), ("1", "0", "2", "0"), ("2", "0", "1", "1")}
    assert counts <= set(rows(document))


def test_a_design_that_does_not_fit_says_what_is_too_much(tmp_path):
    layer = small_layer(600, 512)
    folding = Folding(600, 512, 1, 1)
    made = accelerator.write(layer, folding, tmp_path / "large", device="ice40-up5k")
    text = texts(html5lib.parse(write(made.directory).read_text()))
    assert re.search(r"ice40-up5k: \d+ RAM of 30 \(\d+ too many\): the design does not fit", text)
    assert "The design does not fit ice40-up5k, so it has no place" in text


def test_each_simulation_has_a_row(document):
    found = next(row for row in rows(document) if row[0] == "amaranth")
    assert found[1:6] == ("model", "3", "the seed", "9", "0")


def test_the_same_evidence_gives_the_same_bytes(made, text, tmp_path):
    assert write(made.directory, tmp_path / "again.html").read_text() == text


def test_what_is_absent_is_said_with_the_command_that_gives_it(plain):
    document = html5lib.HTMLParser(strict=True).parse(plain)
    absent = " | ".join(classed(document, "absent"))
    for sentence, command in (
        ("No labelled data were given", "--labels y.npy"),
        ("mapped to no device", "--device ecp5-25k"),
        ("A roofline needs a device", "--device ecp5-25k"),
        ("No values of activations are recorded", "--inputs x.npy"),
        ("no undisturbed simulation", "fcgen simulate"),
        ("No path is known", "fcgen synth"),
        ("There is none: the integers", "fcgen compile MODEL.tflite"),
    ):
        assert re.search(f"{re.escape(sentence)}[^|]*{re.escape(command)}", absent), sentence
    assert "Not checked yet" in classed(document, "verdict")[0]


def test_equal_simulations_are_the_verdict_where_no_certificate_speaks_against_it(tmp_path):
    made = write_small(tmp_path / "design")
    simulated(made)
    document = html5lib.parse(write(made.directory).read_text())
    integers = 3 * made.layer.outputs
    assert classed(document, "verdict") == [
        f"Exact: all {integers} integers that the hardware computed equal the reference."
    ]
    assert f"Exact Yes 0 mismatches in {integers} integers amaranth" in classed(document, "tile")


def test_a_mismatch_is_the_verdict(made, tmp_path, monkeypatch):
    path = simulated(made)
    kept = path.read_text()
    path.write_text(kept.replace('"mismatches": 0', '"mismatches": 2'))
    document = html5lib.parse(write(made.directory, tmp_path / "page.html").read_text())
    path.write_text(kept)
    assert classed(document, "verdict") == [
        "Not exact: 2 integers of the hardware differ from the reference."
    ]
    assert "Exact No 2 mismatches amaranth" in classed(document, "tile")


def test_results_of_an_earlier_design_are_named_and_not_used(tmp_path):
    made = write_small(tmp_path / "design")
    record, folder = simulated(made), synthesised_for_another(tmp_path / "design")
    record.write_text(record.read_text().replace('"manifest": "', '"manifest": "0'))
    text = write(made.directory).read_text()
    assert f"{record} is of another design" in text
    assert f"{folder / 'result.json'} is of another design" in text
    assert "Not checked yet" in text


def synthesised_for_another(directory):
    folder = directory.with_name("design.synth") / "ecp5-25k-6"
    folder.mkdir(parents=True)
    (folder / "fcgen-synth.txt").touch()
    (folder / "result.json").write_text("not read")
    return folder


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda text: text[:-10], "is not valid JSON"),
        (lambda text: text.replace('"seeds"', '"sids"'), "is not a result of fcgen synth"),
        (lambda text: text.replace('"ecp5-25k"', '"<b>"'), "is not a result of fcgen synth"),
        (
            lambda text: re.sub(r'("latency_us": )[0-9.]+', r"\1-1", text),
            "is no clock, rate or time",
        ),
        (lambda text: text.replace('"lut": 1234', '"lut": 1e999'), "is not a result"),
    ],
)
def test_a_damaged_result_is_one_line_and_no_page(change, rule, made, tmp_path, capsys):
    path = folders.default(made.directory, "ecp5-25k", "6") / "result.json"
    kept = path.read_text()
    path.write_text(change(kept))
    found = run(capsys, "report", made.directory, "-o", tmp_path / "page.html")
    path.write_text(kept)
    assert found.code == 2
    assert found.error.startswith(f"{path}: ")
    assert rule in found.error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["manifest.json", "reference.json", "hostile.sv"])
def test_no_page_takes_the_place_of_a_file_of_the_design(name, made, tmp_path, capsys):
    (tmp_path / "link").symlink_to(made.directory)
    kept = (made.directory / name).read_bytes()
    found = run(capsys, "report", made.directory, "-o", tmp_path / "link" / name)
    assert (found.code, "is a file of the design" in found.error) == (2, True)
    assert (made.directory / name).read_bytes() == kept


def test_the_page_stands_beside_the_design_unless_told_otherwise(made, capsys):
    found = run(capsys, "report", made.directory)
    assert found.code == 0
    assert found.out.startswith(f"{made.directory}.report.html: ")


def test_where_the_packages_are_missing_the_error_names_the_extra(made):
    script = "import sys; sys.modules['matplotlib'] = None; from fcgen.cli import main; "
    script += f"sys.exit(main(['report', {str(made.directory)!r}]))"
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert found.returncode == 3
    assert "matplotlib: not installed" in found.stderr
    assert "pip install 'fcgen[report]'" in found.stderr


def test_a_page_takes_less_than_five_seconds_and_two_megabytes(made, tmp_path):
    path = tmp_path / "page.html"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "fcgen", "report", str(made.directory), "-o", str(path)]
    done = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True)
    assert done.stderr == ""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Seconds of a processor, as others use it too while tests run.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
    assert path.stat().st_size < 2_000_000


def test_an_accuracy_that_was_changed_is_refused(made, tmp_path, capsys):
    path = made.directory / ACCURACY
    kept = path.read_text()
    path.write_text(kept.replace("6", "7", 1))
    found = run(capsys, "report", made.directory, "-o", tmp_path / "page.html")
    path.write_text(kept)
    assert (found.code, "has changed since" in found.error) == (2, True)


@pytest.mark.parametrize("value", [1e-3, 0.05, 2.0, 50.0])
def test_every_point_is_inside_its_roofline_chart(value):
    low, high = heights(0.11, 1.76, [0.13, value])
    assert low < min(0.11, value / 1.3)
    assert high > max(1.76, value * 1.3)
