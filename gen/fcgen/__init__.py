"""Fully connected layers as Verilog, proven to compute the integers of a NumPy reference.

``fcgen.load(MODEL)`` reads a model; ``fcgen.open(DIR)`` gives the accelerator of an output
directory; ``fcgen.explore(MODEL, DIR, …)`` sweeps; ``python -m fcgen`` is the program.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fcgen.accelerator import Accelerator as Accelerator
    from fcgen.accelerator import open as open
    from fcgen.accelerator import write as write
    from fcgen.explore.call import explore as explore
    from fcgen.host.board import Board as Board
    from fcgen.host.virtual_board import VirtualBoard as VirtualBoard
    from fcgen.load.detect import load_model
    from fcgen.network.dense_layer import DenseLayer as DenseLayer
    from fcgen.numerics.fixed import IntegerFormat as IntegerFormat
    from fcgen.quantization.layer_options import make_layer as make_layer
    from fcgen.schedule.folding import Folding as Folding

    load = load_model

# Imported when they are asked for: `fcgen --help` needs neither NumPy nor Amaranth.
_HOMES = {
    "Accelerator": "accelerator",
    "open": "accelerator",
    "write": "accelerator",
    "IntegerFormat": "numerics.fixed",
    "Folding": "schedule.folding",
    "DenseLayer": "network.dense_layer",
    "make_layer": "quantization.layer_options",
    "Board": "host.board",
    "VirtualBoard": "host.virtual_board",
}

# Packages that are also the functions of their names.
_PACKAGES = ("explore", "load")

__all__ = ["__version__", *_PACKAGES, *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("fcgen")
    if name in _PACKAGES:
        return importlib.import_module(f"fcgen.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"fcgen.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'fcgen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
