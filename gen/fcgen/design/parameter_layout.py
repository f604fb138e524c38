"""Where each trainable value stands at the parameter port, as one number to compare."""

import hashlib
import json

from fcgen.design.manifest import Manifest
from fcgen.schedule.folding import Folding

_NAMES = ("images", "layer")
"""What a memory is called, and not what stands in it."""


def layout_hash(manifest: Manifest) -> bytes:
    """Return the SHA-256 of a design's structure and of its address map.

    The words of a training are those of one layout: designs of the same structure, folded
    otherwise or for another device, take other words at the same addresses.

    Parameters
    ----------
    manifest : Manifest
        Of a design with run-time weights.
    """
    runtime = dict(manifest.runtime_weights or {})
    memories = [
        {key: value for key, value in memory.items() if key not in _NAMES}
        for memory in runtime.get("memories", ())
    ]
    text = json.dumps(
        {
            "structure_hash": manifest.structure_hash,
            "foldings": [_folding(folding) for folding in manifest.schedule],
            "address": runtime.get("address"),
            "memories": memories,
        },
        sort_keys=True,
    )
    return hashlib.sha256(text.encode()).digest()


def layout_word(manifest: Manifest) -> int:
    """Return the first digits of the layout hash, as a register of 32 bits has them."""
    return int.from_bytes(layout_hash(manifest)[:4], "big")


def _folding(folding: Folding) -> list[int]:
    return [
        folding.inputs,
        folding.outputs,
        folding.pe,
        folding.simd,
        folding.output_lanes,
        folding.weight_bits,
    ]
