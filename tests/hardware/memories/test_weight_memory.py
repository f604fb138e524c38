import subprocess

import pytest
from amaranth.sim import Simulator

from fcgen.hardware.memories.weight_memory import TEXTS, WeightMemory
from fcgen.tools import programs as tools

WORDS = [5, 0, 63, 17, 42]
WIDTH = 6
READS = [0, 1, 2, 3, 4, 4, 0, 2, 1, 3]
TEXT_NAMES = ["weightMemory", "parameterMemory", "writableWeightMemory", "writableParameterMemory"]


def component(words, *, writable=False, text="weightMemory"):
    return WeightMemory(len(words), WIDTH, "image.hex", words, writable, text)


def amaranth_reads(memory, steps):
    """Words that a component gives for (address, write address or None, data) steps."""
    seen = []

    async def bench(context):
        for address, write_address, data in steps:
            context.set(memory.address, address)
            if memory.writable:
                context.set(memory.write, write_address is not None)
                context.set(memory.write_address, write_address or 0)
                context.set(memory.write_data, data)
            await context.tick()
            seen.append(context.get(memory.word))

    simulator = Simulator(memory)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return seen


def icarus(directory, module, steps, depth, *, image="image.hex", generation=2012):
    """Run the hand-written module under Icarus; return its exit code and what it prints."""
    writable = module.startswith("writable")
    bits = max((depth - 1).bit_length(), 1)
    lines = []
    for address, write_address, data in steps:
        lines.append(f"address = {address};")
        if writable:
            lines.append(f"write = {int(write_address is not None)};")
            lines.append(f"write_address = {write_address or 0}; write_data = {data};")
        lines.append('clk = 0; #1 clk = 1; #1 $display("%0d", word);')
    ports = ".write(write), .write_address(write_address), .write_data(write_data)," * writable
    (directory / "bench.v").write_text(
        f"""
        module bench;
            reg clk = 0;
            reg [{bits - 1}:0] address, write_address;
            reg write;
            reg [{WIDTH - 1}:0] write_data;
            wire [{WIDTH - 1}:0] word;
            {module} #(.WIDTH({WIDTH}), .DEPTH({depth}), .IMAGE("{image}")) memory (
                .clk(clk), .address(address), {ports} .word(word)
            );
            initial begin {" ".join(lines)} $finish(0); end
        endmodule
        """
    )
    tool = tools.icarus()
    command = [*tool.command, f"-g{generation}", "-o", "bench", "bench.v", TEXTS / f"{module}.sv"]
    subprocess.run(command, cwd=directory, check=True)
    done = subprocess.run(
        ["vvp", "bench"], cwd=directory, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def write_image(directory, words):
    (directory / "image.hex").write_text("".join(f"{word:02x}\n" for word in words))


@pytest.mark.parametrize("text", ["weightMemory", "parameterMemory"])
@pytest.mark.parametrize("generation", [2005, 2012])
def test_the_text_reads_as_the_component_does(text, generation, tmp_path):
    steps = [(address, None, 0) for address in READS]
    write_image(tmp_path, WORDS)
    code, output = icarus(tmp_path, text, steps, len(WORDS), generation=generation)
    assert code == 0
    expected = amaranth_reads(component(WORDS, text=text), steps)
    assert expected[1:] == [WORDS[address] for address in READS[:-1]]
    assert list(map(int, output.split()[1:])) == expected[1:]


@pytest.mark.parametrize("text", ["weightMemory", "parameterMemory"])
def test_the_writable_text_writes_as_the_component_does(text, tmp_path):
    steps = [
        (0, 1, 33),
        (1, 4, 7),
        (4, None, 1),
        (2, 2, 9),
        (3, None, 0),
        (2, None, 0),
        (1, None, 0),
    ]
    steps += [(0, None, 0)] * 2
    write_image(tmp_path, WORDS)
    memory = component(WORDS, writable=True, text=text)
    _, output = icarus(tmp_path, memory.text, steps, len(WORDS))
    expected = amaranth_reads(memory, steps)
    assert list(map(int, output.split()[1:])) == expected[1:]
    assert 33 in expected
    assert 7 in expected


def test_a_memory_of_one_word_works(tmp_path):
    write_image(tmp_path, [9])
    code, output = icarus(tmp_path, "weightMemory", [(0, None, 0)] * 3, 1)
    assert (code, output.split()[1:]) == (0, ["9", "9"])
    assert amaranth_reads(component([9]), [(0, None, 0)] * 3)[1:] == [9, 9]


@pytest.mark.parametrize("last", [0, 63])
def test_a_last_word_of_zeros_or_ones_is_no_missing_word(last, tmp_path):
    write_image(tmp_path, [1, last])
    code, output = icarus(tmp_path, "weightMemory", [(1, None, 0)] * 3, 2)
    assert (code, output.split()[1:]) == (0, [str(last)] * 2)


@pytest.mark.parametrize("module", TEXT_NAMES)
@pytest.mark.parametrize("generation", [2005, 2012])
def test_a_short_image_ends_the_simulation(module, generation, tmp_path):
    write_image(tmp_path, WORDS[:-1])
    code, output = icarus(tmp_path, module, [(0, None, 0)], len(WORDS), generation=generation)
    assert code == 1
    assert "bench.memory: image.hex is missing or has less than 5 words" in output


def test_a_missing_image_ends_the_simulation(tmp_path):
    code, output = icarus(tmp_path, "weightMemory", [(0, None, 0)], 5)
    assert code == 1
    assert "bench.memory: image.hex is missing or has less than 5 words" in output


def test_an_image_without_a_name_ends_the_simulation(tmp_path):
    code, output = icarus(tmp_path, "weightMemory", [(0, None, 0)], 5, image="")
    assert code == 1
    assert "bench.memory: the parameter IMAGE names no file" in output


@pytest.mark.parametrize("module", TEXT_NAMES)
def test_no_linter_warns_of_a_text(module, tmp_path):
    path = TEXTS / f"{module}.sv"
    for generation in (2005, 2012):
        tool = tools.icarus()
        command = [*tool.command, f"-g{generation}", "-Wall", "-o", "out", path]
        assert _output(command, tmp_path, tool) == ""
    tool = tools.verilator()
    text = _output([*tool.command, "--lint-only", "-Wall", path], tmp_path, tool)
    assert [line for line in text.splitlines() if not line.startswith("- ")] == []


def _output(command, directory, tool):
    done = subprocess.run(
        command, cwd=directory, env=tool.environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_verilator_which_knows_no_x_also_stops_at_a_short_image(tmp_path):
    program = _verilated(tmp_path)
    write_image(tmp_path, WORDS)
    assert program() == ""
    write_image(tmp_path, WORDS[:-1])
    assert "image.hex is missing or has less than 5 words" in program()


def _verilated(directory):
    """Build the module with a main that evaluates it once; return what gives its output."""
    tool = tools.verilator()
    parameters = [f"-GWIDTH={WIDTH}", f"-GDEPTH={len(WORDS)}", '-GIMAGE="image.hex"']
    (directory / "main.cpp").write_text(
        '#include "VweightMemory.h"\nint main() { VweightMemory m; m.clk = 0; m.eval(); }\n'
    )
    command = ["--cc", "--exe", "main.cpp", *parameters, str(TEXTS / "weightMemory.sv")]
    subprocess.run(
        [*tool.command, *command],
        cwd=directory,
        env=tool.environment,
        check=True,
        capture_output=True,
    )
    make = ["make", "-C", "obj_dir", "-f", "VweightMemory.mk", "OPT=-O0"]
    environment = tools.environment("verilator") | {"VERILATOR_ROOT": str(tool.root)}
    subprocess.run(make, cwd=directory, env=environment, check=True, capture_output=True)

    def output():
        done = subprocess.run(
            ["obj_dir/VweightMemory"], cwd=directory, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    return output


@pytest.mark.parametrize(
    ("depth", "width", "words", "text"),
    [
        (0, 1, None, "weightMemory"),
        (1, 0, None, "weightMemory"),
        (1, 1, [0, 0], "weightMemory"),
        (1, 1, None, "memory"),
    ],
)
def test_an_impossible_memory_is_refused(depth, width, words, text):
    with pytest.raises(ValueError, match=r"must be positive|do not fit|no hand-written memory"):
        WeightMemory(depth, width, "image.hex", words, text=text)
