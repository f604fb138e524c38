import random
import subprocess

import pytest

from amaranth_bench import observe
from fcgen.hardware.memories.text_memory import ScratchpadMemory
from fcgen.hardware.memories.weight_memory import TEXTS
from fcgen.tools import programs as tools

DEPTH, WIDTH, LATENCY = 5, 6, 2


def steps(seed, count=200):
    """Accesses as a layer makes them: writes and reads never in the same cycle."""
    rng = random.Random(seed)
    return [
        {
            "address": rng.randrange(DEPTH),
            "write": int(rng.random() < 0.5),
            "write_address": rng.randrange(DEPTH),
            "write_data": rng.randrange(1 << WIDTH),
        }
        for _ in range(count)
    ]


def expected(accesses):
    """Words of a list that is read and written; None for what a write leaves undefined."""
    words = [(1 << WIDTH) - 1] * DEPTH
    seen = []
    for access in accesses:
        seen.append(None if access["write"] else words[access["address"]])
        if access["write"]:
            words[access["write_address"]] = access["write_data"]
    return seen


def icarus(directory, accesses):
    """Words that the hand-written text gives, cycle by cycle."""
    lines = []
    for access in accesses:
        lines += [f"{name} = {value};" for name, value in access.items()]
        lines.append('clk = 0; #1 clk = 1; #1 $display("%0d", word);')
    (directory / "bench.v").write_text(
        f"""
        module bench;
            reg clk = 0, write;
            reg [2:0] address, write_address;
            reg [{WIDTH - 1}:0] write_data;
            wire [{WIDTH - 1}:0] word;
            scratchpadWeightMemory #(.WIDTH({WIDTH}), .DEPTH({DEPTH})) memory (
                .clk(clk), .address(address), .write(write), .write_address(write_address),
                .write_data(write_data), .word(word)
            );
            initial begin {" ".join(lines)} $finish(0); end
        endmodule
        """
    )
    text = TEXTS / "scratchpadWeightMemory.sv"
    command = [*tools.icarus().command, "-g2012", "-o", "bench", "bench.v", text]
    subprocess.run(command, cwd=directory, check=True)
    done = subprocess.run(["vvp", "bench"], cwd=directory, capture_output=True, text=True)
    return [int(word) if word.isdigit() else None for word in done.stdout.split()]


@pytest.mark.parametrize("seed", range(3))
def test_component_and_text_hold_what_was_written(tmp_path, seed):
    accesses = steps(seed)
    words = expected(accesses)[: 1 - LATENCY]
    component = observe(ScratchpadMemory(DEPTH, WIDTH), accesses + accesses[-1:], ["word"])
    texts = icarus(tmp_path, accesses)
    for word, ours, text in zip(words, component[LATENCY:], texts[LATENCY - 1 :], strict=True):
        assert word is None or (ours["word"], text) == (word, word)


def test_a_memory_without_words_is_refused():
    with pytest.raises(ValueError, match="must be positive"):
        ScratchpadMemory(0, 8)
