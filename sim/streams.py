"""The ports of an emitted layer under cocotb, for ``fcgen.simulation.engines.clockwork``."""

from cocotb.clock import Clock
from cocotb.handle import SimHandleBase
from cocotb.triggers import FallingEdge, RisingEdge

PERIOD = 10  # ns
INPUTS = ("rst", "in_payload", "in_valid", "in_first", "in_last", "out_ready")
PARAMETER_INPUTS = ("parameter_hold", "parameter_write", "parameter_read")


class CocotbPins:
    """Clock and ports of the layer; all inputs start at 0.

    Parameters
    ----------
    dut : SimHandleBase
        The layer.
    """

    def __init__(self, dut: SimHandleBase) -> None:
        self._dut = dut
        self._ports: dict[str, SimHandleBase] = {}
        self._rising, self._falling = RisingEdge(dut.clk), FallingEdge(dut.clk)
        for name in INPUTS:
            self.put(name, 0)
        for name in PARAMETER_INPUTS:
            if hasattr(dut, name):
                self.put(name, 0)
        Clock(dut.clk, PERIOD, "ns").start(start_high=False)

    def get(self, name: str) -> int | None:
        """Return the value of an output, or None while it is unknown."""
        value = self._port(name).value
        return int(value) if value.is_resolvable else None

    def put(self, name: str, value: int) -> None:
        """Drive an input."""
        self._port(name).value = value

    def _port(self, name: str) -> SimHandleBase:
        if name not in self._ports:
            self._ports[name] = getattr(self._dut, name)
        return self._ports[name]

    async def settle(self) -> None:
        """Wait until the values of this cycle have settled."""
        await self._falling

    async def edge(self) -> None:
        """Go on to just after the next rising edge."""
        await self._rising
