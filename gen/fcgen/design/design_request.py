"""What is asked of an output directory beside the network and its schedule."""

from dataclasses import dataclass

from fcgen import devices
from fcgen.design.interface.interface import STREAM, check_interface
from fcgen.design.manifest import check_names
from fcgen.devices.device import MappingOptions


@dataclass(frozen=True)
class DesignRequest:
    """Names, device and files of a design.

    Attributes
    ----------
    name, prefix : str
        Name of the top module, and what every module name starts with.
    device : str
        Device of the mapping.
    mapping : MappingOptions
        ``--pack`` and ``--soft-macs``.
    seed : int
        Seed of the vectors of the test bench.
    verilog2005 : bool
        Add a plain Verilog copy of everything.
    interface : {'stream', 'axi', 'wishbone'}
        A top for other systems, around the one with the streams.

    Raises
    ------
    InputError
        When a name is no Verilog identifier, or the interface is unknown.
    """

    name: str = "layer"
    prefix: str = ""
    device: str = "generic"
    mapping: MappingOptions = devices.DEFAULT
    seed: int = 0
    verilog2005: bool = False
    interface: str = STREAM

    def __post_init__(self) -> None:
        check_names(self.name, self.prefix)
        check_interface(self.interface)
