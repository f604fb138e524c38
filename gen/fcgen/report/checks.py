"""What was simulated and compared with the reference."""

from __future__ import annotations

import shlex

from fcgen.report.content import Absent, Section, Table
from fcgen.report.evidence import Evidence
from fcgen.simulation.record import SimulationRecord

KEY, TITLE = "checks", "Checks against the reference"
HEAD = ("Engine", "What", "Vectors", "From", "Integers", "Mismatches", "Cycles", "Cycles a vector")


def section(evidence: Evidence) -> Section:
    """Return the last simulation on each engine."""
    if not evidence.simulations:
        what = "No simulation of the design as it is was recorded."
        command = f"fcgen simulate {shlex.quote(evidence.directory)}"
        return Section(KEY, TITLE, absent=(Absent(what, command),))
    lead = (
        "The same vectors through the hardware and through the NumPy reference, every integer "
        "compared; the last run on each engine.",
    )
    rows = tuple(_row(one) for one in evidence.simulations)
    return Section(KEY, TITLE, lead, tables=(Table("Simulations", HEAD, rows),), wide=True)


def _row(one: SimulationRecord) -> tuple[str, ...]:
    pace = one.initiation_interval
    return (
        one.engine,
        "netlist" if one.netlist else "emitted Verilog" if _reads_verilog(one) else "model",
        f"{one.vectors:,}",
        "a file" if one.given else "the seed",
        f"{one.outputs:,}",
        f"{one.mismatches:,}" if one.checked else "not compared",
        f"{one.cycles:,}" if one.cycles else "–",
        f"{pace:,.12g}" if pace else "–",
    )


def _reads_verilog(one: SimulationRecord) -> bool:
    return one.engine not in ("amaranth", "reference")
