"""The printed form of an estimate."""

from __future__ import annotations

from fcgen.estimation.estimate import Estimate
from fcgen.synthesis.result_text import figures, megahertz, speed, table


def lines(estimate: Estimate) -> list[str]:
    """Return the lines that `fcgen estimate` prints."""
    rows = table(estimate)
    if estimate.excess is not None:
        return [*rows, f" {estimate.excess}"]
    middle, cap = estimate.fmax_capped_mhz, estimate.cap
    clock = f"about {megahertz(middle)} MHz" if middle else estimate.fmax_cap_reason
    facts = [("Fmax", clock)]
    if middle:
        limit = f"{megahertz(cap.mhz)} MHz: {cap.reason}" if cap else estimate.fmax_cap_reason
        facts.append(("Cap", limit))
    return [*rows, *figures([*facts, *speed(estimate)])]
