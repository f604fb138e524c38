"""Damaged flash memories against the RTL that loads its weights from them.

Run as ``python bench/flash_damage.py [--images 2000] [--seed 0]``: a network of which a layer
stands in the SPRAM of an iCE40, compiled with its host link. Each image is damaged in one of the
ways below. A chip that starts with it must have no weights and say so; with an image that the
damage left as it was it must compute what the reference does. A failure prints the seed and the
number of the image.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from fcgen import boards  # noqa: E402
from fcgen.boards import flash_image, host_link  # noqa: E402
from fcgen.hardware.host.protocol import STATUS, Code, Info, Request  # noqa: E402
from fcgen.host.vectors import from_octets, to_octets  # noqa: E402
from fcgen.network.reference import run  # noqa: E402
from fcgen.regression.random_networks import other_values  # noqa: E402
from flash_designs import few_rams, write_in_scratchpads  # noqa: E402
from host_boards import BAUD, CLOCK_HZ, Client  # noqa: E402

KINDS = ("none", "flipped", "erased", "cleared", "older", "truncated", "shifted", "noise")
PAGE = 256


def damaged(kind: str, image: bytes, other: bytes, random: np.random.Generator) -> bytes:
    """Return the image after one kind of damage."""
    found = bytearray(image)
    first, last = sorted(int(place) for place in random.integers(0, len(image) + 1, 2))
    if kind == "flipped":
        for bit in random.integers(0, 8 * len(image), random.integers(1, 9)):
            found[bit // 8] ^= 1 << bit % 8
    elif kind == "erased":
        found[first:last] = b"\xff" * (last - first)
    elif kind == "cleared":
        found[first:last] = b"\0" * (last - first)
    elif kind == "older":  # pages of another training's image stand behind the new ones
        page = int(random.integers(0, len(image) // PAGE + 1)) * PAGE
        found[page:] = other[page:]
    elif kind == "truncated":
        del found[first:]
    elif kind == "shifted":
        found[first:first] = bytes(random.integers(0, 256, random.integers(1, 4), np.uint8))
    elif kind == "noise":
        found[first:last] = bytes(random.integers(0, 256, last - first, np.uint8))
    return bytes(found)


def wrong(client: Client, network, wanted: bool) -> str:
    """Return what is wrong with a chip that has started; nothing where it is right."""
    _, said = client.line.run(cycles=10**8, quiet=client.info.watchdog + CLOCK_HZ // 20_000)
    if said:
        return "it spoke unasked"
    if Info.unpack(client.ask(Request.INFO).payload).ready != wanted:
        return "ready" if not wanted else "not ready"
    flags = STATUS.unpack(client.ask(Request.STATUS).payload)[-1]
    if wanted != (flags == 0) or wanted == bool(flags >> (Code.WEIGHTS - 1) & 1):
        return f"flags {flags:#x}"
    source = network.activation_format
    vectors = np.random.default_rng(0).integers(source.minimum, source.maximum + 1, (4, 6))
    reply = client.ask(Request.INFER, to_octets(vectors, source.bits).tobytes())
    if not wanted:
        return "" if reply.payload[:1] == bytes([Code.WEIGHTS]) else "it computed"
    outputs = from_octets(reply.payload, network.outputs, network.output_format)
    return "" if np.array_equal(outputs, run(network, vectors)) else "another result"


def main() -> int:
    """Damage, start, and print what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random, counts, whole = np.random.default_rng(options.seed), Counter[str](), 0
    start, cycles = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder, few_rams():
        design = write_in_scratchpads(Path(folder) / "design").design
        place = Path(folder) / "board"
        place.mkdir()
        flash = boards.find("icebreaker").flash
        files = host_link.write(design, place, clock_hz=CLOCK_HZ, baud=BAUD, flash=flash)
        image = flash_image.image(design, design.network)
        other = flash_image.image(design, other_values(random, design.network))
        for number in range(options.images):
            kind = KINDS[number % len(KINDS)]
            content = damaged(kind, image, other, random)
            if content == other:
                continue
            counts[kind] += 1
            as_made = content.ljust(len(image), b"\xff") == image  # behind its end it is erased
            whole += as_made
            client = Client(files, seed=number, flash=content)
            found = wrong(client, design.network, as_made)
            cycles += client.line.cycles
            client.line.close()
            if found:
                print(f"seed {options.seed}, image {number}, {kind}: {found}")
                return 1
    for kind, count in counts.items():
        print(f"{kind:10} {count:6,}")
    print(f"{whole:,} images as they were made: weights in use, outputs equal the reference")
    print(f"{counts.total() - whole:,} damaged images: no weights in use, and said; 0 wrong")
    print(f"{cycles:,} cycles in {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
