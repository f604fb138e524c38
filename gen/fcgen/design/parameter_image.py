"""All parameters of a training, as a program writes them into a design with run-time weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fcgen.design.design import Design
from fcgen.design.parameter_layout import layout_word
from fcgen.errors import bad_input
from fcgen.hardware.parameters.parameter_chain import ParameterChain
from fcgen.network.network import Network

_WORDS_A_LINE = 8
_C = """\
/* All parameters of a training of {top}: {words} words in {runs} runs. Made by fcgen.
   Structure hash, 8 words; layout; then of each run its first address, its number of words, and
   the words.
   weights_hash {weights} */
#ifndef {upper}_PARAMETERS_H
#define {upper}_PARAMETERS_H

#include <stdint.h>

#define {upper}_PARAMETERS_LENGTH {length}u
static const uint32_t {name}_parameters[{upper}_PARAMETERS_LENGTH] = {{
{lines}
}};

#endif /* {upper}_PARAMETERS_H */
"""


@dataclass(frozen=True, eq=False)
class ParameterImage:
    """Words of all parameters, and what they belong to.

    Attributes
    ----------
    top : str
        Name of the design's outermost module.
    writes : ndarray of uint32, (W, 2)
        Address and word, in ascending order of addresses.
    structure_hash, weights_hash : str
    layout : int
        Word that tells one address map from another, see `fcgen.design.parameter_layout`.
    """

    top: str
    writes: np.ndarray
    structure_hash: str
    weights_hash: str
    layout: int

    @classmethod
    def of(cls, design: Design, network: Network) -> ParameterImage:
        """Return the image that makes a design compute ``network``.

        Raises
        ------
        InputError
            When the weights of the design are fixed, or ``network`` has another structure.
        """
        top, own = design.manifest.outer_top, design.network
        if not own.runtime_weights:
            rule = "cannot be written"
            remedy = "make the design with --runtime-weights"
            raise bad_input(design.directory, "fixed weights", rule, remedy)
        if network.structure_hash != own.structure_hash:
            rule = "has another structure than the design"
            raise bad_input("parameters", network.name, rule, "train the network of the design")
        writes = parameter_writes(design, network)
        hashes = network.structure_hash, network.weights_hash
        return cls(top, writes, *hashes, layout_word(design.manifest))

    def runs(self) -> list[np.ndarray]:
        """Return the writes, cut where an address does not follow the one before."""
        cuts = np.flatnonzero(np.diff(self.writes[:, 0].astype(np.int64)) != 1) + 1
        return np.split(self.writes, cuts)

    def words(self) -> list[int]:
        """Return the image as one array of words: the structure hash, the layout, then the runs."""
        octets = bytes.fromhex(self.structure_hash)
        found = [int(word) for word in np.frombuffer(octets, ">u4")]
        found.append(self.layout)
        for run in self.runs():
            found += [int(run[0, 0]), len(run), *run[:, 1].tolist()]
        return found

    def c_text(self, name: str) -> str:
        """Return a C header whose names begin with ``name``."""
        words = [f"0x{word:08x}u" for word in self.words()]
        rows = [words[i : i + _WORDS_A_LINE] for i in range(0, len(words), _WORDS_A_LINE)]
        return _C.format(
            top=self.top,
            words=f"{len(self.writes):,}",
            runs=len(self.runs()),
            weights=self.weights_hash,
            name=name,
            upper=name.upper(),
            length=len(words),
            lines=",\n".join(f"    {', '.join(row)}" for row in rows),
        )

    def csv_text(self) -> str:
        """Return a line ``address,data`` in hexadecimal digits for each word, under a head."""
        lines = [f"0x{address:08x},0x{data:08x}" for address, data in self.writes.tolist()]
        return "\n".join(["address,data", *lines, ""])

    def as_dict(self) -> dict[str, object]:
        """Return what ``--json`` prints of it."""
        return {
            "words": len(self.writes),
            "runs": len(self.runs()),
            "structure_hash": self.structure_hash,
            "weights_hash": self.weights_hash,
            "layout": f"{self.layout:08x}",
        }


def parameter_writes(design: Design, network: Network) -> np.ndarray:
    """Return address and word of all parameters of ``network``: uint32 of (W, 2)."""
    chain = ParameterChain.of(design.network, design.schedule, design.mappings)
    return np.array(list(chain.writes(network.layers)), np.uint32).reshape(-1, 2)


def text_for(image: ParameterImage, path: Path) -> str:
    """Return what stands in a file: by its suffix a C header or a table.

    Raises
    ------
    InputError
        When it has another suffix, or a header's name is no C identifier.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return image.csv_text()
    if suffix != ".h":
        raise bad_input("--output", path, "must end in .h or .csv", "name the file so")
    name = path.stem
    if not (name.isascii() and name.isidentifier()):
        rule = "a C header gives its name to what is in it: letters, digits and _"
        raise bad_input("--output", path, rule, "choose another name")
    return image.c_text(name)
