"""What a small memory takes that Yosys makes of registers."""


def store_cells(depth: int, width: int) -> tuple[int, int]:
    """Return look-up tables and registers of a memory whose output has a register.

    Each stored bit has a cell of its own. Two of three choices of the read word share a look-up
    table of four inputs with the one before them, and each word has an enable.
    """
    choices = -(-2 * (depth - 1) // 3)
    return depth * (width + 1) + width * choices, (depth + 1) * width
