import subprocess

import numpy as np
import pytest

from designs import change_first_digit, small_layer, write_small
from fcgen import accelerator
from fcgen.design.testbench import image_sums
from fcgen.schedule.folding import Folding

COMMANDS = ("iverilog -g2012 -Wall -o tb.vvp -f files.f tb.sv", "vvp -n tb.vvp")


def run_bench(directory):
    """Run the commands of the bench's header; return the exit code and all that was said."""
    output = ""
    for command in COMMANDS:
        done = subprocess.run(
            command.split(),
            cwd=directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        output += done.stdout
        if done.returncode:
            break
    return done.returncode, output


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("runtime", [False, True])
def test_the_bench_passes_without_a_warning(raw, runtime, tmp_path):
    made = write_small(tmp_path / "d", small_layer(raw=raw, runtime=runtime))
    assert run_bench(made.directory) == (0, "PASS: 8 vectors, 32 output beats\n")


def test_the_bench_of_a_prefixed_layer_has_the_prefix_too(tmp_path):
    folding = Folding(12, 7, 7, 12, 7, 8)
    made = accelerator.write(small_layer(), folding, tmp_path / "d", name="net", prefix="my_")
    assert "module my_tb;" in (made.directory / "tb.sv").read_text()
    assert run_bench(made.directory)[0] == 0


def test_two_prefixed_layers_live_in_one_folder_and_one_simulation(tmp_path):
    folder = tmp_path / "both"
    folder.mkdir()
    sources = []
    for prefix, pe in (("a_", 7), ("b_", 2)):
        folding = Folding(12, 7, pe, 3, 1, 8)
        made = accelerator.write(small_layer(), folding, tmp_path / prefix, prefix=prefix)
        for path in made.directory.iterdir():
            name = f"{prefix}tb.sv" if path.name == "tb.sv" else path.name
            if path.suffix in (".sv", ".hex"):
                assert not (folder / name).exists()
                (folder / name).write_bytes(path.read_bytes())
                sources += [name] if path.suffix == ".sv" else []
    for top in ("a_tb", "b_tb"):
        command = ["iverilog", "-g2012", "-Wall", "-s", top, "-o", top, *sources]
        built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        assert built.stderr == ""
        ran = subprocess.run(["vvp", top], cwd=folder, capture_output=True, text=True, check=True)
        assert ran.stdout.startswith("PASS")


def test_a_changed_weight_is_found_by_the_outputs(tmp_path):
    made = write_small(tmp_path / "d", small_layer(raw=True))
    change_first_digit(made.directory / "weights_0.hex")
    bench = made.directory / "tb.sv"
    lines = bench.read_text().splitlines()
    bench.write_text(
        "\n".join(line for line in lines if "check_image(" not in line or "task" in line)
    )
    code, output = run_bench(made.directory)
    assert code
    assert "FAIL: vector 0, output beat" in output


def test_any_changed_weight_is_found_by_the_sums(tmp_path):
    made = write_small(tmp_path / "d")
    path = made.directory / "weights_0.hex"
    text = path.read_text()
    path.write_text(text[:-2] + f"{int(text[-2], 16) ^ 1:x}\n")
    code, output = run_bench(made.directory)
    assert code
    assert "FAIL: weights_0.hex is not the image that this design was made with" in output


def test_a_truncated_image_is_found(tmp_path):
    made = write_small(tmp_path / "d")
    path = made.directory / "weights_0.hex"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    code, output = run_bench(made.directory)
    assert code
    assert "FATAL" in output


def test_the_sums_see_exchanged_words_but_no_line_ends():
    assert image_sums(b"12\n34\n") != image_sums(b"34\n12\n")
    assert image_sums(b"12\n34\n") == image_sums(b"12\r\n34\r\n")


def test_the_sums_of_long_images_are_those_of_the_definition():
    text = bytes(np.random.default_rng(0).integers(33, 120, (1 << 20) + 7, np.uint8))
    a = b = 0
    for character in text:
        a = (a + character) % 2**32
        b = (b + a) % 2**32
    assert image_sums(text) == (a, b)
