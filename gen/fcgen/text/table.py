"""Tables in box-drawing characters, for terminals and files alike."""

from collections.abc import Sequence

_TOP, _HEAD, _FOOT = "┏━┳┓", "┡━╇┩", "└─┴┘"


def box(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Return the lines of a table.

    Parameters
    ----------
    head : sequence of str
        Titles of the columns.
    rows : sequence of sequence of str
        Cells, as many in each row as there are titles.
    left : int
        How many columns, from the first on, are aligned left; the others are right.
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str], bar: str) -> str:
        texts = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"{bar} {f' {bar} '.join(texts)} {bar}"

    def rule(characters: str) -> str:
        first, dash, between, last = tuple(characters)
        return first + between.join(dash * (width + 2) for width in widths) + last

    body = [line(row, "│") for row in rows]
    return [rule(_TOP), line(head, "┃"), rule(_HEAD), *body, rule(_FOOT)]
