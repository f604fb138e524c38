"""``client.py`` of a build: a program to begin with that talks to the board."""

CLIENT = "client.py"
TEXT = '''"""Vectors through the board: `python client.py [--codes] INPUTS.npy OUTPUTS.npy [PORT]`.

INPUTS holds what the model's source takes, one vector a row: reals, integers too, for float32
inputs; codes for int8 and uint8 ones. With --codes integers are codes in any case.
Without PORT: the serial port that answers. A board with another bitstream is refused.
"""

import json
import sys
from pathlib import Path

import numpy as np

import fcgen
from fcgen.errors import FcgenError

BUILD = Path(__file__).resolve().parent


def main(inputs: str, outputs: str, port: str | None = None, *, codes: bool = False) -> None:
    """Run the vectors of one file and write what the board computes into another."""
    vectors = np.load(inputs, allow_pickle=False)
    design = fcgen.open(BUILD / "design").design
    baud = json.loads((BUILD / "build.json").read_text())["baud"]
    with fcgen.Board(port, design, baud=baud) as board:
        if not board.info.ready:
            board.load_weights(design.network)  # memories that come up empty
        run = board.run(vectors, codes=codes)
        np.save(outputs, run.outputs)
        for note in run.notes:
            print(note)
        print(f"{board.port}: weights {board.weights_hash[:12]}, {len(run.outputs):,} vectors")
    print(f"{run.cycles:,} cycles of the chip, {run.inferences_per_second:,.0f} inferences/s")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--codes"]
    if len(words) not in (2, 3):
        sys.exit(__doc__)
    try:
        main(*words, codes="--codes" in sys.argv)
    except (FcgenError, OSError, ValueError, EOFError) as error:
        sys.exit(f"client.py: {error}")
'''
