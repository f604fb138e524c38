"""The rate of a serial line from a clock that is no multiple of it."""

PHASE_BITS = 24
CYCLES_MIN = 4  # a bit: three samples and one to spare
CYCLES_MAX = 4096


def phase_step(clock_hz: int, baud: int) -> int:
    """Return what a phase accumulator of 24 bits adds a cycle to wrap once a bit.

    Parameters
    ----------
    clock_hz, baud : int
        Hertz and bits a second; a bit takes 4 to 4096 cycles.

    Raises
    ------
    ValueError
        When a bit has fewer or more cycles.
    """
    if baud < 1 or not CYCLES_MIN <= clock_hz / baud <= CYCLES_MAX:
        raise ValueError(f"a bit takes {CYCLES_MIN} to {CYCLES_MAX} cycles of the clock")
    return round((baud << PHASE_BITS) / clock_hz)
