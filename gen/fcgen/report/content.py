"""What a page is made of; the template gives it its form, and escapes every text."""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of texts under a head; the first column names the row.

    Attributes
    ----------
    caption : str
    head : tuple of str
    rows : sequence of tuple of str
    grid : bool
        A matrix of short cells, which stays one on a narrow screen.
    commands : bool
        The last column holds command lines.
    """

    caption: str
    head: Row
    rows: tuple[Row, ...]
    grid: bool = False
    commands: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawing with its alternative in words and in numbers.

    Attributes
    ----------
    svg : str
        Markup that is safe as it is.
    caption : str
        One sentence with what there is to see.
    table : Table, optional
        The numbers behind it.
    """

    svg: str
    caption: str
    table: Table | None = None


@dataclass(frozen=True)
class Absent:
    """What is not there, in a sentence, and the command that would give it."""

    sentence: str
    command: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    key : str
        Identifier of its heading.
    title : str
    lead : tuple of str
        Sentences.
    charts, tables, absent
    wide : bool
        It takes the whole width of a wide screen.
    """

    key: str
    title: str
    lead: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    absent: tuple[Absent, ...] = ()
    wide: bool = False


@dataclass(frozen=True)
class Tile:
    """A verdict at a glance.

    Attributes
    ----------
    title, value, note : str
    state : {"good", "bad", "open", "plain"}
    source : str
        Where the value comes from: "measured", "estimated" and the like.
    """

    title: str
    value: str
    note: str = ""
    state: str = "plain"
    source: str = ""
