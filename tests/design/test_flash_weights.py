"""Weights out of the flash memory: the board's RTL, compiled, beside a model of the memory."""

import zlib

import numpy as np
import pytest

from fcgen import boards
from fcgen.boards import flash_image, host_link
from fcgen.hardware.host.protocol import (
    FLASH_HEADER_BYTES,
    REPLY,
    STATUS,
    Code,
    Info,
    Request,
    encode,
)
from fcgen.host.vectors import from_octets, to_octets
from fcgen.network.reference import run
from fcgen.regression.random_networks import other_values
from fcgen.simulation.engines.parameters import update
from flash_designs import few_rams, write_in_scratchpads
from host_boards import BAUD, CLOCK_HZ, Client

FLASH = boards.find("icebreaker").flash
FLASH_WAKE = CLOCK_HZ // 20_000


@pytest.fixture(scope="module", autouse=True)
def device():
    with few_rams():
        yield


@pytest.fixture(scope="module")
def design(device, tmp_path_factory):
    return write_in_scratchpads(tmp_path_factory.mktemp("flash") / "design").design


@pytest.fixture(scope="module")
def files(design, tmp_path_factory):
    folder = tmp_path_factory.mktemp("link")
    return host_link.write(design, folder, clock_hz=CLOCK_HZ, baud=BAUD, flash=FLASH)


@pytest.fixture(scope="module")
def image(design):
    return flash_image.image(design, design.network)


@pytest.fixture
def start(files):
    """A board that has started with these contents of its flash memory."""
    clients = []

    def started(contents):
        client = Client(files, flash=contents)
        clients.append(client)
        settle(client)
        return client

    yield started
    for client in clients:
        client.line.close()


def settle(client):
    """Let the memory be read; nothing is said meanwhile."""
    quiet = client.info.watchdog + FLASH_WAKE
    sent, answer = client.line.run(cycles=10**8, quiet=quiet)
    assert (sent, answer) == (0, b"")


def info(client):
    return Info.unpack(client.ask(Request.INFO).payload)


def flags(client):
    status = STATUS.unpack(client.ask(Request.STATUS).payload)
    return {code for code in Code if status[-1] >> (code - 1) & 1}


def infer(client, network, count=20):
    source = network.activation_format
    random = np.random.default_rng(0)
    vectors = random.integers(source.minimum, source.maximum + 1, (count, network.inputs))
    reply = client.ask(Request.INFER, to_octets(vectors, source.bits).tobytes())
    if reply.kind != Request.INFER | REPLY:
        return Code(reply.payload[0])
    outputs = from_octets(reply.payload, network.outputs, network.output_format)
    assert np.array_equal(outputs, run(network, vectors))
    return None


def test_a_board_starts_with_the_weights_of_its_flash_memory(design, start, image):
    client = start(image)
    found = info(client)
    assert (found.ready, found.weights.hex()) == (True, design.network.weights_hash)
    assert flags(client) == set()
    assert infer(client, design.network) is None


def resealed(text):
    """The image with a CRC that is right."""
    return text + zlib.crc32(text).to_bytes(4, "little")


def counted(image, body):
    """An image of other frames, whose last flag is missing, with the right count and CRC."""
    head = image[: FLASH_HEADER_BYTES - 4]
    return resealed(head + len(body).to_bytes(4, "little") + body)


def frames_of(design, net, drop=()):
    """The frames of a network's weights, and of its seal, some left out."""
    writes = update(design, net, after=0).writes.astype("<u4").tobytes()
    parts = [writes[start : start + 400] for start in range(0, len(writes), 400)]
    frames = [encode(Request.WEIGHTS_WRITE, n, part) for n, part in enumerate(parts)]
    frames.append(encode(Request.WEIGHTS_SEAL, 99, bytes.fromhex(net.weights_hash)))
    return b"".join(frame for n, frame in enumerate(frames) if n not in drop)


def write_by_host(client, design, net):
    for frame in frames_of(design, net).split(b"\x7e\x7e"):
        (reply,) = client.send(b"\x7e" + frame.strip(b"\x7e") + b"\x7e")
        assert reply.kind & REPLY
        assert reply.kind != 0xFF


def refused(client, design, *, codes=frozenset({Code.WEIGHTS})):
    """Check that no weights are used, that it is said, and that the host can write them."""
    assert not info(client).ready
    assert flags(client) == codes
    assert infer(client, design.network) == Code.WEIGHTS
    write_by_host(client, design, design.network)
    assert info(client).weights.hex() == design.network.weights_hash
    assert infer(client, design.network) is None


@pytest.mark.parametrize("contents", [b"", b"\x00" * 4_096, b"\x7e" * 4_096, b"fcgw"])
def test_without_an_image_nothing_is_taken_and_it_is_said(design, start, contents):
    refused(start(contents), design)


@pytest.mark.parametrize("place", range(FLASH_HEADER_BYTES - 4))
def test_an_image_of_another_structure_is_not_taken(start, image, place):
    client = start(bytes([*image[:place], image[place] ^ 1, *image[place + 1 :]]))
    assert not info(client).ready
    assert flags(client) == {Code.WEIGHTS}


def test_an_image_for_another_folding_of_the_same_network_is_not_taken(design, start, tmp_path):
    other = write_in_scratchpads(tmp_path / "other", sizes=((1, 2), (1, 2))).design
    assert other.network.structure_hash == design.network.structure_hash
    refused(start(flash_image.image(other, other.network)), design)


def test_a_count_beyond_24_bits_is_not_taken(start, image):
    client = start(image[:19] + b"\x01" + image[20:])
    assert flags(client) == {Code.WEIGHTS}


def test_a_flipped_bit_anywhere_behind_the_header_leaves_the_weights_unusable(start, image):
    random = np.random.default_rng(1)
    for bit in random.integers(8 * 16, 8 * len(image), 40):
        damaged = bytearray(image)
        damaged[bit // 8] ^= 1 << bit % 8
        client = start(bytes(damaged))
        assert not info(client).ready, bit
        assert Code.WEIGHTS in flags(client)


def test_the_host_writes_weights_after_a_damaged_image(design, start, image):
    middle = len(image) // 2
    damaged = image[:middle] + bytes([image[middle] ^ 4]) + image[middle + 1 :]
    refused(start(damaged), design, codes={Code.FRAME, Code.WEIGHTS})


@pytest.mark.parametrize("left", [1, 3, 4, 5, 40, 600])
def test_a_truncated_image_leaves_the_weights_unusable(design, start, image, left):
    refused(start(image[:-left]), design, codes={Code.FRAME, Code.WEIGHTS})


def test_an_image_whose_sectors_are_of_two_trainings_is_not_taken(design, start, image):
    other = other_values(np.random.default_rng(3), design.network)
    body = frames_of(design, design.network)[:-1]
    mixed = frames_of(design, other)[:-1]
    place = body.index(b"\x7e\x7e", len(body) // 3) + 1
    behind = mixed.index(b"\x7e\x7e", len(body) // 3) + 1
    text = counted(image, body[:place] + mixed[behind:])[:-4]
    client = start(text + counted(image, mixed)[-4:])  # every frame is whole, and so is the seal
    assert not info(client).ready
    assert flags(client) == {Code.FRAME, Code.WEIGHTS}


def test_a_seal_before_the_end_seals_nothing(design, start, image):
    """As where a write was cut: what follows is an older image, and its CRC begins with 7E."""
    older = frames_of(design, other_values(np.random.default_rng(3), design.network), drop={1})
    client = start(counted(image, older + b"\xff" * 300)[:-4])
    assert not info(client).ready
    assert flags(client) == {Code.FRAME, Code.WEIGHTS}


def test_a_frame_that_is_refused_keeps_the_seal_out(design, start, image):
    wrong = encode(Request.WEIGHTS_WRITE, 7, b"\xff\xff\xff\xff\0\0\0\0")
    body = wrong + frames_of(design, design.network)[:-1]
    client = start(counted(image, body))
    assert not info(client).ready
    assert flags(client) == {Code.REFUSED, Code.FRAME, Code.WEIGHTS}


def test_a_damaged_frame_keeps_the_seal_out_even_if_the_whole_image_is_right(design, start, image):
    body = frames_of(design, design.network)[:-1]
    client = start(counted(image, bytes([body[0], body[1] ^ 1]) + body[2:]))
    assert not info(client).ready
    assert flags(client) == {Code.FRAME, Code.WEIGHTS}


def test_an_endless_frame_ends_with_the_count(start, image):
    client = start(counted(image, b"\x7e" + b"\x55" * 5_000))
    assert not info(client).ready
    assert Code.WEIGHTS in flags(client)


def test_an_image_without_frames_seals_nothing(start, image):
    client = start(counted(image, b""))
    assert not info(client).ready


def test_requests_other_than_writes_are_answered_to_nobody(design, start, image):
    asked = b"".join(encode(kind, 1) for kind in (Request.INFO, Request.STATUS, Request.RESET))
    client = start(counted(image, asked + frames_of(design, design.network)[:-1]))
    assert info(client).ready
    assert infer(client, design.network) is None


def test_the_host_writes_other_weights_over_those_of_the_flash_memory(design, start, image):
    client = start(image)
    other = other_values(np.random.default_rng(3), design.network)
    write_by_host(client, design, other)
    assert info(client).weights.hex() == other.weights_hash
    assert infer(client, other) is None


def test_after_a_reset_the_weights_of_the_host_stay(design, start, image):
    client = start(image)
    other = other_values(np.random.default_rng(3), design.network)
    write_by_host(client, design, other)
    client.line.reset()
    settle(client)
    assert info(client).weights.hex() == other.weights_hash


def test_after_a_reset_weights_that_the_host_did_not_complete_come_from_the_flash_memory(
    design, start, image
):
    client = start(image)
    other = other_values(np.random.default_rng(3), design.network)
    client.send(frames_of(design, other, drop={1}).rsplit(b"\x7e\x7e", 1)[0] + b"\x7e")
    assert not info(client).ready
    client.line.reset()
    settle(client)
    assert info(client).weights.hex() == design.network.weights_hash
    assert infer(client, design.network) is None


def test_a_seal_that_comes_after_a_reset_does_not_name_the_weights_of_the_flash_memory(
    design, start, image
):
    client = start(image)
    other = other_values(np.random.default_rng(3), design.network)
    writes, seal = frames_of(design, other)[:-1].rsplit(b"\x7e\x7e", 1)
    client.send(writes + b"\x7e")
    client.line.reset()
    settle(client)
    client.send(b"\x7e" + seal + b"\x7e")
    assert info(client).weights.hex() == design.network.weights_hash
    assert infer(client, design.network) is None


def test_a_reset_while_weights_are_read_begins_again(design, files, image):
    client = Client(files, flash=image)
    for cycles in (50, 700, 900, 2_000, 20_000):
        client.line.run(cycles=cycles)
        client.line.reset()
    settle(client)
    assert infer(client, design.network) is None
    client.line.close()


def test_what_the_host_says_while_weights_are_read_is_not_heard(design, files, image):
    client = Client(files, flash=image)
    talk = encode(Request.INFO, 3) * 40
    sent, answer = client.line.run(talk, cycles=10**6, quiet=20_000)
    assert (sent, answer) == (len(talk), b"")
    assert flags(client) == set()
    assert infer(client, design.network) is None
    client.line.close()


def test_a_request_that_is_cut_by_the_end_of_loading_is_no_error(files, image):
    asked = encode(Request.STATUS, 3)
    for delay in range(0, 40 * len(asked), 79):
        client = Client(files, flash=image)
        client.line.run(cycles=delay)
        answers = []
        while not answers:
            sent, answer = client.line.run(asked, cycles=40 * len(asked))
            assert sent == len(asked)
            answers += client.decoder.feed(answer)
        answers += client.send(b"")
        assert {frame.kind for frame in answers} == {Request.STATUS | REPLY}
        assert flags(client) == set()
        client.line.close()
