"""The client, against a simulated board behind a pseudo-terminal, and against a port that fails."""

import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from command_line import run as fcgen
from designs import small_layer, write_small
from fcgen.accelerator import write
from fcgen.errors import CheckError, InputError, ToolError
from fcgen.hardware.host.protocol import ERROR, NO_SEQUENCE, REPLY, Code, Request, encode
from fcgen.host.board import Board
from fcgen.host.frames import FrameDecoder
from fcgen.host.link import Ask, BoardError, Link
from fcgen.host.virtual_board import VirtualBoard
from fcgen.network.network import Network
from fcgen.network.reference import run
from fcgen.schedule.folding import Folding

serial = pytest.importorskip("serial")
TIMEOUT = 20.0


@pytest.fixture(scope="module")
def accelerator(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board") / "design"
    return write_small(folder, small_layer(13, 7, runtime=True))


@pytest.fixture(scope="module")
def virtual(accelerator):
    with VirtualBoard(accelerator.design) as board:
        yield board


def vectors(count, seed=0):
    return np.random.default_rng(seed).integers(-128, 128, (count, 13))


def test_a_board_predicts_what_the_reference_gives(accelerator, virtual):
    inputs = vectors(300)
    with Board(virtual.path, accelerator.design, timeout=TIMEOUT) as board:
        board.reset()
        result = board.run(inputs)
        assert np.array_equal(result.outputs, run(accelerator.network, inputs))
        assert result.weights_hash == accelerator.design.manifest.weights_hash
        assert 0 < result.cycles_at_work < result.cycles
        assert result.retries == 0
        # The line has room for little more than the vectors: 40 cycles a byte.
        assert result.cycles < 1.5 * 300 * 13 * 40
        assert board.status().vectors == 300
        assert board.status().errors == ()


def test_a_board_needs_no_design_for_codes(accelerator, virtual):
    with Board(virtual.path, timeout=TIMEOUT) as board:
        inputs = vectors(5)
        assert np.array_equal(board.predict(inputs), run(accelerator.network, inputs))
        for wrong in (inputs[:, :-1], inputs + 200, inputs.astype(float)):
            with pytest.raises(InputError, match=r"^inputs: "):
                board.predict(wrong)
        with pytest.raises(InputError, match="its design was not given"):
            board.load_weights(accelerator.layer)


def test_weights_are_replaced_at_run_time(accelerator, virtual):
    layer, inputs = accelerator.layer, vectors(40)
    other = replace(
        layer,
        weight=layer.weight[::-1].copy(),
        bias=layer.bias * 3,
        requantization=replace(
            layer.requantization, multiplier=layer.requantization.multiplier + 5
        ),
    )
    with Board(virtual.path, accelerator.design, timeout=TIMEOUT) as board:
        before = board.read_weights()
        board.load_weights(other)
        assert board.weights_hash == other.weights_hash
        assert np.array_equal(board.predict(inputs), run(Network.single(other), inputs))
        assert not np.array_equal(board.read_weights(), before)
        board.load_weights(layer)
        assert np.array_equal(board.read_weights(), before)
        assert np.array_equal(board.predict(inputs), run(accelerator.network, inputs))


class SlowToEnd(VirtualBoard):
    """A board that is still under way for a while when it is told to stop."""

    ended = False

    def _serve(self):
        self._stop.wait()
        time.sleep(0.3)
        self.ended = True


def test_a_board_whose_wait_was_interrupted_is_closed_after_its_end(accelerator):
    # Where tests run in the background the signal is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt = threading.Timer(
        0.3, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)
    )
    try:
        board = SlowToEnd(accelerator.design)
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            board.wait()
        board.close()
        assert board.ended
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_board_that_has_other_weights_after_a_seal_is_noticed(accelerator, virtual, monkeypatch):
    with Board(virtual.path, accelerator.design, timeout=TIMEOUT) as board:
        stale = replace(board.info, weights=b"\x11" * 32)
        monkeypatch.setattr("fcgen.host.board.board_info", lambda link: stale)
        with pytest.raises(CheckError, match="it has started anew while they were written"):
            board.load_weights(accelerator.layer)


def test_a_board_of_another_folding_computes_and_takes_no_weights(accelerator, virtual, tmp_path):
    folding = Folding(13, 7, 1, 2, 1, 8)
    other = write(accelerator.layer, folding, tmp_path / "folded").design
    inputs = vectors(20)
    with Board(virtual.path, other, timeout=TIMEOUT) as board:
        for wrong in (lambda: board.load_weights(accelerator.layer), board.read_weights):
            with pytest.raises(InputError, match="its weights stand at other addresses than those"):
                wrong()
        assert np.array_equal(board.predict(inputs), run(accelerator.network, inputs))


def test_a_board_of_another_structure_is_refused(virtual, tmp_path):
    other = write_small(tmp_path / "other", small_layer(13, 6))
    with pytest.raises(InputError, match=r"^port: /dev/\S+: the board has structure \w+…, "):
        Board(virtual.path, other.design, timeout=TIMEOUT)


def test_the_command_runs_vectors_and_compares(capsys, accelerator, tmp_path):
    inputs = vectors(20)
    np.save(tmp_path / "x.npy", inputs)
    words = ("run", accelerator.directory, "--board", "virtual", "--inputs", tmp_path / "x.npy")
    outcome = fcgen(capsys, *words, "--outputs", tmp_path / "y.npy")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "0 mismatches in 140 outputs"
    assert np.array_equal(np.load(tmp_path / "y.npy"), run(accelerator.network, inputs))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--board", "virtual", "--clock", "5"), "--clock: 5: must be "),
        (("--board", "virtual", "--baud", "5"), "--baud: 5: must be "),
        (("--board", "/dev/none", "--serve"), "--serve: /dev/none: belongs to "),
        (("--board", "/dev/none"), "port: /dev/none: cannot be opened"),
        ((), "--board: missing"),
    ],
)
def test_the_command_refuses_what_cannot_be(capsys, accelerator, words, line):
    outcome = fcgen(capsys, "run", accelerator.directory, *words)
    assert (outcome.code, outcome.error[: len(line)]) == (2, line)


class BadPort:
    """A port that answers STATUS by the number of the request, and loses or damages some."""

    name = "bad"

    def __init__(self, faults):
        self.faults = list(faults)
        self.requests = []
        self.waiting = b""

    def write(self, data):
        for frame in FrameDecoder().feed(data):
            self.requests.append(frame.sequence)
            fault = self.faults.pop(0) if self.faults else None
            reply = encode(frame.kind | REPLY, frame.sequence, frame.payload)
            if fault == "damaged":
                reply = encode(ERROR, NO_SEQUENCE, bytes([Code.FRAME, 0]))
            elif fault == "flipped":
                reply = reply[:4] + bytes([reply[4] ^ 1]) + reply[5:]
            elif fault == "other":
                reply = encode(frame.kind | REPLY, (frame.sequence + 7) % NO_SEQUENCE, b"wrong")
            elif fault == "refused":
                reply = encode(ERROR, frame.sequence, bytes([Code.LENGTH, frame.kind]))
            self.waiting += b"" if fault == "lost" else reply

    def read(self):
        data, self.waiting = self.waiting, b""
        return data

    def close(self):
        pass


def asks(count):
    return [Ask(Request.STATUS, bytes([number]) * 3, 3) for number in range(count)]


@pytest.mark.parametrize("fault", ["lost", "damaged", "flipped", "other"])
@pytest.mark.parametrize("place", [0, 3, 9])
def test_what_was_lost_is_sent_again_under_another_number(fault, place):
    port = BadPort([None] * place + [fault])
    link = Link(port, timeout=0.02)
    replies = link.exchange(asks(10), window=40)
    assert replies == [bytes([number]) * 3 for number in range(10)]
    assert link.retries >= 1
    assert len(set(port.requests)) == len(port.requests)


def test_a_dead_port_is_given_up_in_bounded_time():
    port = BadPort(["lost"] * 1000)
    with pytest.raises(ToolError, match=r"^bad: no answer within 0.001 s, 8 times: "):
        Link(port, timeout=0.001).exchange(asks(3), window=40)


def test_a_refusal_is_an_error_of_its_request():
    with pytest.raises(BoardError, match=r"^bad: STATUS: the length of the payload "):
        Link(BadPort(["refused"]), timeout=1).exchange(asks(1), window=0)


def test_time_stands_still_when_a_slow_design_has_nothing_to_do(tmp_path):
    design = write_small(tmp_path / "slow", small_layer(90, 60), pe=1, simd=1, lanes=1).design
    with VirtualBoard(design) as board, Board(board.path, design, timeout=TIMEOUT) as client:
        assert board.plan.info.watchdog > 20_000
        client.status()
        deadline = time.monotonic() + 20
        before = -1
        while board.cycles != before:
            assert time.monotonic() < deadline
            before = board.cycles
            time.sleep(0.5)
