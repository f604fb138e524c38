"""The printed form of a result: what it takes, how fast it is, what holds it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor

from fcgen.synthesis.fit import RESOURCES, shares
from fcgen.synthesis.report import LOGIC, Step
from fcgen.synthesis.result import Result
from fcgen.text.table import box
from fcgen.text.wording import count

CARRY_PORTS = (".COUT", ".FCO")
"""What a carry leaves a cell through, in the names of Gowin and iCE40, and of ECP5."""


def lines(result: Result) -> list[str]:
    """Return the lines that `fcgen synth` prints."""
    return [*table(result), *figures([*_clock(result), *speed(result)]), *_path(result)]


def figures(facts: list[tuple[str, str]]) -> list[str]:
    """Return lines of a name and a text each."""
    width = max(len(name) for name, _ in facts)
    return [f" {name:<{width}}  {text}" for name, text in facts]


def megahertz(value: float) -> str:
    """Return a frequency, rounded down: what is printed is reached."""
    return f"{floor(value * 10) / 10:.1f}"


def table(result: Result) -> list[str]:
    """Return the table of what a design takes."""
    device, share = result.device, shares(result.usage, result.device)
    name = f"{device.name}, speed {result.speed}" if result.speed else device.name
    rows = [
        (
            title,
            f"{getattr(result.usage, used):,}",
            f"{getattr(device, available):,}",
            f"{share[used]:.1f} %",
        )
        for title, used, available in RESOURCES
        if used in share
    ]
    return box((name, "Used", "Of", "Share"), rows)


def _clock(result: Result) -> list[tuple[str, str]]:
    """Return the lines about the clock."""
    cap, middle = result.cap, result.fmax_capped_mhz
    if middle is None:
        return [("Fmax", result.fmax_cap_reason)]
    each = ", ".join(
        f"{megahertz(mhz)}{' (cap)' if cap and mhz == cap.mhz else ''}" for mhz in result.fmax_mhz
    )
    limit = f"{megahertz(cap.mhz)} MHz: {cap.reason}" if cap else result.fmax_cap_reason
    seeds = count(len(result.seeds), "seed")
    return [
        ("Fmax", f"{megahertz(middle)} MHz, the median of {seeds}: {each}"),
        ("Cap", limit),
    ]


def speed(result: Result) -> list[tuple[str, str]]:
    """Return the lines about what the design does at that clock."""
    work, delay = result.work, result.latency_us
    rate, done = result.inferences_per_second, result.gmac_per_second
    if work is None:
        return []
    time = f", {delay:,.2f} us" if delay else ""
    rows = [
        ("Initiation interval", f"{count(work.initiation_interval, 'cycle')} a vector"),
        ("Latency", f"{count(work.latency, 'cycle')}{time}"),
    ]
    if rate and done:
        share, most = result.roofline_share, result.roofline_gmac_per_second
        roofline = f", {share:.1f} % of {most:.2f} with all DSPs" if share and most else ""
        rows.append(("Inferences", f"{floor(rate):,} a second"))
        rows.append(("Throughput", f"{done:.3f} GMAC/s{roofline}"))
    return rows


def _path(result: Result) -> list[str]:
    path = result.path
    if path is None:
        return []
    return [
        "",
        f"Critical path (seed {result.path_seed}): {path.ns:.2f} ns, "
        f"{path.logic_ns:.2f} in cells, {path.routing_ns:.2f} on nets",
        f"  from {path.start}",
        f"  to   {path.end}",
        *_steps(path.steps),
    ]


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    """Return a line a step; the links of a carry chain stand in one line."""
    for step in merged(steps):
        yield f"  {step.ns:6.2f} {step.kind:<7}  {step.name}"


def merged(steps: Sequence[Step]) -> Iterator[Step]:
    """Give the steps of a path with each carry chain in one, of a kind of its own."""
    place = 0
    while place < len(steps):
        end = _chain_end(steps, place)
        run = steps[place:end]
        if len(run) == 1:
            yield run[0]
        else:
            whole = sum(step.ns for step in run)
            yield Step("carry", whole, f"{len(run)} steps, to {run[-1].name}")
        place = end


def _chain_end(steps: Sequence[Step], start: int) -> int:
    """Return the place behind the last of the carries that follow each other from ``start``."""
    end = start + 1
    if not _is_carry(steps[start]):
        return end
    for place in range(end, len(steps)):
        if _is_carry(steps[place]):
            end = place + 1
        elif steps[place].kind == LOGIC:
            break
    return end


def _is_carry(step: Step) -> bool:
    return step.kind == LOGIC and step.name.endswith(CARRY_PORTS)
