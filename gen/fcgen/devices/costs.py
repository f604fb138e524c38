"""What logic costs in a family's cells, for estimates before synthesis."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.schedule.memory_cut import RamShape, chosen_rams


@dataclass(frozen=True)
class ClockModel:
    """How slow the slowest path of a routed layer is: the sum of what lengthens it.

    Attributes
    ----------
    base_ns : float
        The least.
    spread_ns : float
        Times the binary logarithm of one more than the thousands of look-up tables and registers.
    soft_ns : float
        Where elements multiply in look-up tables.
    runtime_ns : float
        Where weights are written at run time: a requantizer for any constants has wide sums.
    ram_ns : float
        Times the hundreds of block RAMs, which stand all over the chip.
    device_ns : tuple of (str, float)
        Of a device, what its least path is longer than ``base_ns``.
    speeds : tuple of (str, float)
        Of a speed grade, how long its paths are compared with those of the default.
    """

    base_ns: float
    spread_ns: float
    soft_ns: float = 0.0
    runtime_ns: float = 0.0
    ram_ns: float = 0.0
    device_ns: tuple[tuple[str, float], ...] = ()
    speeds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Costs:
    """Cells that synthesis and place-and-route make of logic.

    Attributes
    ----------
    adder_bits : int
        Adders and comparisons of at least this width become carry chains.
    chain_step : int
        Bits that a link of a carry chain holds, each in one look-up table.
    chain_ends : int
        Look-up tables at both ends of a chain.
    wide_mux : bool
        Two look-up tables with a multiplexer behind them cost two.
    ram_words, ram_bits, ram_luts : int
        Words and bits of a memory in look-up tables, and how many of them it takes.
    ram_register : bool
        A block RAM has a register of its own at its output.
    register_cells : bool
        Counted are cells of a table and a register: one that reads no table takes a cell too.
    register_luts : float
        Look-up tables a register, where place and route puts one before those that none drives.
    fixed_luts : int
        Look-up tables that every design has, for its constants.
    ram_shapes : tuple of RamShape
        Of block RAMs, where a memory that is smaller than one stands in registers.
    clock : ClockModel, optional
        None where no routed results are known.
    """

    adder_bits: int = 5
    chain_step: int = 1
    chain_ends: int = 0
    wide_mux: bool = False
    ram_words: int = 16
    ram_bits: int = 4
    ram_luts: int = 4
    ram_register: bool = False
    register_cells: bool = False
    fixed_luts: int = 0
    register_luts: float = 0.0
    clock: ClockModel | None = None
    ram_shapes: tuple[RamShape, ...] = ()

    def in_registers(self, depth: int, width: int) -> bool:
        """Say whether a memory whose output has a register stands in registers."""
        return bool(self.ram_shapes) and not chosen_rams(depth, width, self.ram_shapes)

    def chain(self, width: int) -> int:
        """Return the look-up tables of a carry chain."""
        return -(-width // self.chain_step) * self.chain_step + self.chain_ends
