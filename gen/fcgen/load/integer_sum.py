"""The sum of two maps of codes, as a source runtime computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from fcgen.network.window import Window
from fcgen.numerics.activation_table import ActivationTable
from fcgen.numerics.fixed import IntegerFormat
from fcgen.numerics.source_step import Int64Array


@dataclass(frozen=True, eq=False)
class IntegerSum:
    """``codes[a, b]`` of the codes of two maps, element by element.

    The maps stand side by side, pixel by pixel: a pixel of the first one, then that of the second.

    Attributes
    ----------
    name : str
    height, width, channels : int
        Of each map.
    form : IntegerFormat
        Of both and of the outputs.
    codes : ndarray of int64, shape (K, K)
        For every pair of codes, from the smallest on.
    ratios : (float, float)
        Output codes that a code of each map is worth.
    zero_points : (int, int)
    """

    name: str
    height: int
    width: int
    channels: int
    form: IntegerFormat
    codes: Int64Array
    ratios: tuple[float, float]
    zero_points: tuple[int, int]

    table: ClassVar[ActivationTable | None] = None
    depthwise: ClassVar[bool] = True

    @property
    def window(self) -> Window:
        """The two pixels of every output pixel, as a window over the joined map."""
        return Window(self.height, 2 * self.width, self.channels, (1, 2), (1, 2))

    @property
    def outputs(self) -> int:
        """Number of channels."""
        return self.channels

    @property
    def weights(self) -> int:
        """Number of weights that were trained: none."""
        return 0

    @property
    def parameters(self) -> int:
        """Number of weights and biases: a sum has none that were trained."""
        return 0

    @property
    def inputs(self) -> int:
        """Codes that an output sees."""
        return 2

    @property
    def frame_inputs(self) -> int:
        """Values of both maps."""
        return self.window.elements

    @property
    def frame_outputs(self) -> int:
        """Values of a map."""
        return self.height * self.width * self.channels

    def run(self, x: npt.NDArray[np.integer]) -> Int64Array:
        """Return the sums (V, frame_outputs) of joined maps (V, frame_inputs)."""
        pairs = np.asarray(x, np.int64).reshape(len(x), -1, 2, self.channels) - self.form.minimum
        found: Int64Array = self.codes[pairs[:, :, 0], pairs[:, :, 1]].reshape(len(x), -1)
        return found
