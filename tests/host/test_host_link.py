"""The host link's RTL, compiled, through its serial line."""

import re
import struct
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from designs import small_layer, write_small
from fcgen.boards import host_link
from fcgen.boards.host_link import LinkFiles
from fcgen.errors import InputError
from fcgen.hardware.host.protocol import (
    ERROR,
    NO_SEQUENCE,
    REPLY,
    STATUS,
    Code,
    Info,
    Request,
    encode,
)
from fcgen.host.vectors import from_octets, to_octets
from fcgen.network.network import Network
from fcgen.network.reference import run
from fcgen.numerics.fixed import IntegerFormat
from fcgen.simulation.engines.parameters import update
from fcgen.tools import programs as tools
from host_boards import CLOCK_HZ, Client, write_link
from protocol_fuzz import Fuzzer

HANGING = """\
module layer (
    input  wire clk, rst,
    input  wire [31:0] in_payload, input wire in_valid, in_first, in_last, output wire in_ready,
    output reg  [15:0] out_payload, output reg out_valid, input wire out_ready,
    output reg  out_first, out_last, output wire error
);
    // Answers a vector of four beats by its first beat, as four beats; hangs behind the second one
    // where the first byte is 1, and marks no beat as the last one where it is 2.
    reg [2:0] left;
    reg [31:0] kept;
    assign in_ready = left == 3'd0;
    assign error = 1'b0;
    always @(posedge clk) begin
        if (in_valid & in_ready & in_first) kept <= in_payload;
        if (in_valid & in_ready & in_last) begin
            left <= 3'd4;
            out_valid <= 1'b1;
            out_first <= 1'b1;
            out_last <= 1'b0;
            out_payload <= {8'd0, in_last & in_first ? in_payload[7:0] : kept[7:0]};
        end else if (out_valid & out_ready) begin
            left <= left - 3'd1;
            out_first <= 1'b0;
            out_last <= (left == 3'd2) & (kept[7:0] != 8'd2);
            if (left == 3'd1 | (left == 3'd3 & kept[7:0] == 8'd1)) out_valid <= 1'b0;
        end
        if (rst) begin
            left <= 3'd0;
            out_valid <= 1'b0;
        end
    end
endmodule
"""


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    layer = small_layer(13, 7, runtime=True)
    return write_small(tmp_path_factory.mktemp("link") / "design", layer).design


@pytest.fixture(scope="module")
def files(design, tmp_path_factory) -> LinkFiles:
    return write_link(design, tmp_path_factory.mktemp("link") / "board")


@pytest.fixture
def client(files):
    client = Client(files)
    yield client
    client.line.close()


def codes(design, count, seed=0):
    source = design.network.activation_format
    random = np.random.default_rng(seed)
    return random.integers(source.minimum, source.maximum + 1, (count, design.network.inputs))


def infer(client, design, vectors):
    reply = client.ask(Request.INFER, to_octets(vectors, client.info.input_bits).tobytes())
    assert reply.kind == Request.INFER | REPLY
    return from_octets(reply.payload, design.network.outputs, design.network.output_format)


def error_of(frame):
    assert frame.kind == ERROR
    return Code(frame.payload[0])


def flags(client):
    status = STATUS.unpack(client.ask(Request.STATUS).payload)
    return {code for code in Code if status[-1] >> (code - 1) & 1}


def test_a_board_says_what_it_is(client, design):
    info = Info.unpack(client.ask(Request.INFO).payload)
    assert info == client.info
    assert info.structure.hex() == design.manifest.structure_hash
    assert info.weights.hex() == design.manifest.weights_hash
    assert (info.inputs, info.outputs, info.ready, info.writable) == (13, 7, True, True)


def test_a_frame_of_vectors_is_answered_by_the_vectors_of_the_reference(client, design):
    most = client.info.payload_max // client.info.vector_bytes
    vectors = codes(design, most)
    vectors[0], vectors[1] = -128, 127
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_registers_power_up_with_weights_are_those_of_the_images(files, design, seed):
    client = Client(files, seed=seed)
    vectors = codes(design, 2)
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))


def test_bytes_that_are_flags_and_escapes_pass(client, design):
    vectors = np.array([[0x7E, 0x7D, 0x5E, 0x5D, 0x20, -0x7E, -0x7D, 0, 0x7E, 0x7E, 0x7D, 0x7D, 1]])
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        *((b"x", kind) for kind in (Request.INFO, Request.STATUS, Request.RESET)),
        *((bytes(size), Request.INFER) for size in (0, 12, 14)),
        *((bytes(size), Request.WEIGHTS_WRITE) for size in (0, 4)),
        *((bytes(size), Request.WEIGHTS_READ) for size in (0, 5)),
        *((bytes(size), Request.WEIGHTS_SEAL) for size in (31, 33)),
    ],
)
def test_a_payload_of_another_length_is_refused(client, design, payload, kind):
    reply = client.ask(kind, payload)
    assert (error_of(reply), reply.payload[1], reply.sequence) == (Code.LENGTH, kind, 5)
    assert flags(client) == {Code.LENGTH}
    vectors = codes(design, 1)
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))


@pytest.mark.parametrize("kind", [0, 8, 0x84, 0xFF])
def test_an_unknown_type_is_refused(client, kind):
    assert error_of(client.ask(kind)) is Code.TYPE


def test_a_damaged_frame_costs_itself_alone(client, design):
    whole = encode(Request.STATUS, 1)
    damaged = whole[:4] + bytes([whole[4] ^ 1]) + whole[5:]
    frames = client.send(damaged + whole)
    assert [(frame.kind, frame.sequence) for frame in frames] == [
        (ERROR, NO_SEQUENCE),
        (Request.STATUS | REPLY, 1),
    ]
    assert error_of(frames[0]) is Code.FRAME


def test_a_payload_that_is_too_long_is_an_overflow(client):
    payload = bytes(client.info.payload_max + 1)
    (frame,) = client.send(encode(Request.INFER, 1, payload))
    assert error_of(frame) is Code.OVERFLOW


def test_empty_frames_are_nothing(client):
    assert client.send(b"\x7e" * 20) == []
    assert flags(client) == set()


def test_new_weights_are_used_once_they_are_sealed(client, design):
    other = replace(design.layer, weight=-design.layer.weight // 2, bias=design.layer.bias + 7)
    writes = update(design, Network.single(other), after=0).writes.astype("<u4")
    half, rest = writes[:9], writes[9:]
    vectors = codes(design, 3)
    octets = to_octets(vectors, 8).tobytes()

    assert client.ask(Request.WEIGHTS_WRITE, half.tobytes()).kind == Request.WEIGHTS_WRITE | REPLY
    assert error_of(client.ask(Request.INFER, octets)) is Code.WEIGHTS
    assert not Info.unpack(client.ask(Request.INFO).payload).ready
    client.line.reset()  # which must not make half of them usable
    assert error_of(client.ask(Request.INFER, octets)) is Code.WEIGHTS

    for start in range(0, len(rest), 100):
        client.ask(Request.WEIGHTS_WRITE, rest[start : start + 100].tobytes())
    back = client.ask(Request.WEIGHTS_READ, writes[:200, 0].tobytes())
    assert np.array_equal(np.frombuffer(back.payload, "<u4"), writes[:200, 1])
    client.ask(Request.WEIGHTS_SEAL, bytes.fromhex(other.weights_hash))
    info = Info.unpack(client.ask(Request.INFO).payload)
    assert (info.ready, info.weights.hex()) == (True, other.weights_hash)
    assert np.array_equal(infer(client, design, vectors), run(Network.single(other), vectors))
    client.line.reset()
    assert np.array_equal(infer(client, design, vectors), run(Network.single(other), vectors))


def test_a_seal_of_weights_that_are_complete_changes_nothing(client):
    before = client.ask(Request.INFO).payload
    reply = client.ask(Request.WEIGHTS_SEAL, b"\x11" * 32)
    assert (reply.kind, reply.payload) == (Request.WEIGHTS_SEAL | REPLY, b"")
    assert client.ask(Request.INFO).payload == before


@pytest.mark.parametrize("address", [0xFFFF, 1 << 31])
def test_an_address_that_does_not_exist_is_refused_in_mid_reply(client, design, address):
    frames = client.send(encode(Request.WEIGHTS_READ, 9, struct.pack("<III", 0, address, 0)))
    assert [(error_of(frame), frame.sequence) for frame in frames] == [(Code.REFUSED, 9)]
    assert client.decoder.damaged == 1  # the reply that was given up
    vectors = codes(design, 1)
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))


def test_counters_count_and_are_reset(client, design):
    infer(client, design, codes(design, 5))
    client.send(b"\x7ex\x7e")
    cycles, working, vectors, damaged, _ = STATUS.unpack(client.ask(Request.STATUS).payload)
    assert 0 < int.from_bytes(working, "little") < int.from_bytes(cycles, "little")
    assert (vectors, damaged) == (5, 1)
    client.ask(Request.RESET)
    status = STATUS.unpack(client.ask(Request.STATUS).payload)
    assert int.from_bytes(status[0], "little") < int.from_bytes(cycles, "little")
    assert status[2:] == (0, 0, 0)


def test_requests_that_follow_each_other_are_answered_in_order(client, design):
    vectors = codes(design, 60)
    parts = vectors.reshape(20, 3, -1)
    sent = b"".join(
        encode(Request.INFER, number, to_octets(part, 8).tobytes())
        for number, part in enumerate(parts)
    )
    frames = client.send(sent)
    assert [frame.sequence for frame in frames] == list(range(20))
    found = b"".join(frame.payload for frame in frames)
    assert np.array_equal(
        from_octets(found, 7, design.network.output_format), run(design.network, vectors)
    )


@pytest.mark.parametrize("deviation", [-0.02, 0.02])
def test_every_byte_passes_where_the_rates_differ_by_two_percent(files, design, deviation):
    client = Client(files, send_error=deviation, receive_error=deviation)
    every = np.arange(-128, 128)
    vectors = np.resize(every, (20, 13))
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))
    assert client.line.broken == 0
    assert flags(client) == set()


@pytest.mark.campaign
@pytest.mark.parametrize(
    "rates", [(25_000_000, 3_000_000), (100_000_000, 115_200), (12_000_000, 115_200)]
)
def test_the_rate_need_not_divide_the_clock(design, tmp_path, rates):
    client = Client(write_link(design, tmp_path / "board", *rates))
    vectors = codes(design, 1)
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))


def test_hostile_frames_are_never_answered_wrongly(design, files):
    fuzzer = Fuzzer(design, files, seed=1, optimise=1)
    for _ in range(250):
        fuzzer.attack()
    assert fuzzer.counts["error replies"] > 50


def test_the_fuzzer_notices_a_wrong_answer(design, files):
    other = replace(design.layer, bias=design.layer.bias + 1000)
    network = replace(design.network, layers=(other,))
    fuzzer = Fuzzer(replace(design, network=network), files, seed=1, optimise=1)
    with pytest.raises(AssertionError, match="wrong answer"):
        fuzzer.attack()


@pytest.fixture(scope="module")
def hanging(tmp_path_factory) -> LinkFiles:
    folder = tmp_path_factory.mktemp("hanging")
    written = write_small(folder / "design", small_layer(13, 7)).design
    files = write_link(written, folder / "board")
    (folder / "board" / "layer.sv").write_text(HANGING)
    return files


@pytest.mark.parametrize(("first", "code"), [(1, Code.WATCHDOG), (2, Code.ACCELERATOR)])
def test_an_accelerator_that_fails_is_reset_and_reported(hanging, first, code):
    client = Client(hanging)
    good = bytes([3, *range(12)])
    answer = client.ask(Request.INFER, good)
    assert answer.payload == bytes([3, 0, 3, 0, 3, 0, 3])
    start = client.line.cycles
    frames = client.send(encode(Request.INFER, 6, bytes([first]) + good[1:] + good))
    assert [(error_of(frame), frame.sequence) for frame in frames] == [(code, 6)]
    assert client.line.cycles - start < 4 * client.info.watchdog + 10_000
    assert client.ask(Request.INFER, good).payload == answer.payload
    assert flags(client) == {code}


def test_raw_accumulators_and_odd_widths_pass(tmp_path):
    source = IntegerFormat(11, True)
    layer = small_layer(5, 3, raw=True, activation=source)
    design = write_small(tmp_path / "design", layer, pe=2, simd=3, lanes=2).design
    client = Client(write_link(design, tmp_path / "board"))
    vectors = codes(design, 9)
    vectors[0], vectors[1] = source.minimum, source.maximum
    assert design.network.output_format.bits > 16
    assert np.array_equal(infer(client, design, vectors), run(design.network, vectors))
    # Without run-time weights there is nothing to write.
    assert error_of(client.ask(Request.WEIGHTS_READ, bytes(4))) is Code.TYPE


def test_the_same_design_gives_the_same_bytes(design, files, tmp_path):
    again = write_link(design, tmp_path / "again")
    assert [path.name for path in again.sources] == [path.name for path in files.sources]
    for path in files.folder.iterdir():
        assert (again.folder / path.name).read_bytes() == path.read_bytes()


def test_the_emitted_link_is_lint_clean(files):
    verilator = tools.verilator()
    command = [*verilator.command, "--lint-only", "-Wall", "--top-module", files.top]
    done = subprocess.run(
        [*command, *map(str, files.sources)],
        env=dict(verilator.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(r"^%", done.stderr, re.M)


@pytest.mark.parametrize(
    ("clock", "baud", "option"),
    [(999_999, 115_200, "--clock"), (12_000_000, 3_000_001, "--baud"), (CLOCK_HZ, 9_599, "--baud")],
)
def test_rates_that_cannot_be_had_are_refused(design, clock, baud, option):
    with pytest.raises(InputError, match=f"^{option}: "):
        host_link.plan_of(design, clock, baud)
