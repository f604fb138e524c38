"""Windows of a map: which pixels of the input each output pixel sees."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fcgen.errors import bad_input
from fcgen.files import document
from fcgen.numerics.fixed import SIZE_MAX

Pair = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """Geometry of a convolution or a pooling over a map of height x width x channels.

    Output pixel (y, x) sees the input pixels ``(y * stride[0] - top + ky * dilation[0],
    x * stride[1] - left + kx * dilation[1])`` for all taps (ky, kx) of the kernel; those outside of
    the map are padding.

    Attributes
    ----------
    height, width, channels : int, 1 to 65,535
        The map. One dimension has a height of 1.
    kernel, stride, dilation : (int, int)
        Along height and width, each at least 1.
    padding : (int, int, int, int)
        Rows above and below, columns on the left and on the right. Less than the kernel covers:
        every window sees a pixel of the map.

    Raises
    ------
    InputError
        When a size is outside its range, or the kernel does not fit the padded map.
    """

    height: int
    width: int
    channels: int
    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "dilation", "padding"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        sizes = {
            "height": (self.height,),
            "width": (self.width,),
            "channels": (self.channels,),
            "kernel": self.kernel,
            "stride": self.stride,
            "dilation": self.dilation,
        }
        for name, values in sizes.items():
            if not all(1 <= value <= SIZE_MAX for value in values):
                rule = f"must be 1 to {SIZE_MAX:,}"
                raise bad_input(name, ", ".join(map(str, values)), rule, "correct the model")
        for axis, name in enumerate(("height", "width")):
            before, after = self.padding[2 * axis : 2 * axis + 2]
            if not 0 <= min(before, after) <= max(before, after) < self.extent[axis]:
                rule = f"the kernel covers {self.extent[axis]} of the {name}, and padding is less"
                raise bad_input("padding", f"{before} and {after}", rule, "correct the model")
            padded = (self.height, self.width)[axis] + before + after
            if padded < self.extent[axis]:
                rule = f"the {name} with its padding is {padded}"
                raise bad_input("kernel", self.extent[axis], rule, "use a smaller kernel")
        if max(self.positions, self.elements) > MAP_MAX:
            rule = f"a map has at most {MAP_MAX:,} elements"
            raise bad_input("map", self.elements, rule, "use a smaller one")

    @property
    def extent(self) -> Pair:
        """Rows and columns that the kernel covers, dilation included."""
        rows, columns = (
            (taps - 1) * apart + 1 for taps, apart in zip(self.kernel, self.dilation, strict=True)
        )
        return rows, columns

    @property
    def rows(self) -> int:
        """Rows of the output map."""
        above, below = self.padding[:2]
        return (self.height + above + below - self.extent[0]) // self.stride[0] + 1

    @property
    def columns(self) -> int:
        """Columns of the output map."""
        left, right = self.padding[2:]
        return (self.width + left + right - self.extent[1]) // self.stride[1] + 1

    @property
    def positions(self) -> int:
        """Windows of a frame: pixels of the output map."""
        return self.rows * self.columns

    @property
    def taps(self) -> int:
        """Pixels of a window."""
        return self.kernel[0] * self.kernel[1]

    @property
    def elements(self) -> int:
        """Values of the input map."""
        return self.height * self.width * self.channels

    @property
    def padded(self) -> bool:
        """Whether a window sees padding."""
        return any(self.padding)

    def gather(self, maps: npt.NDArray[Any], fill: float = 0) -> npt.NDArray[Any]:
        """Return the pixels of every window.

        Parameters
        ----------
        maps : ndarray, shape (V, height * width * channels)
        fill : number
            Value of the padding.

        Returns
        -------
        ndarray, shape (V, positions, taps, channels)
        """
        whole = maps.reshape(len(maps), self.height, self.width, self.channels)
        sides = (self.padding[:2], self.padding[2:])
        whole = np.pad(whole, ((0, 0), *sides, (0, 0)), constant_values=fill)
        rows, columns = (
            np.arange(count)[:, None] * step + np.arange(taps) * apart
            for count, step, taps, apart in zip(
                (self.rows, self.columns), self.stride, self.kernel, self.dilation, strict=True
            )
        )
        seen = whole[:, rows[:, None, :, None], columns[None, :, None, :]]
        return seen.reshape(len(maps), self.positions, self.taps, self.channels)

    def as_fields(self) -> dict[str, Any]:
        """Give the geometry as a JSON object."""
        return {
            "map": [self.height, self.width, self.channels],
            "kernel": list(self.kernel),
            "stride": list(self.stride),
            "dilation": list(self.dilation),
            "padding": list(self.padding),
        }

    @classmethod
    def from_fields(cls, fields: document.Fields) -> Self:
        """Read what `as_fields` gave.

        Raises
        ------
        InputError
            One line that names the field, for anything else.
        """

        def pair(name: str) -> Pair:
            first, second = fields.integers(name, minimum=1, maximum=SIZE_MAX, sizes=(2,))
            return first, second

        height, width, channels = fields.integers("map", minimum=1, maximum=SIZE_MAX, sizes=(3,))
        kernel, stride, dilation = pair("kernel"), pair("stride"), pair("dilation")
        above, below, left, right = fields.integers(
            "padding", minimum=0, maximum=SIZE_MAX, sizes=(4,)
        )
        fields.finish()
        return cls(height, width, channels, kernel, stride, dilation, (above, below, left, right))


MAP_MAX = 1 << 24
"""Elements of a map: what a host link and a test bench still count in a few bytes."""
