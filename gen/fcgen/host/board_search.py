"""Which port has the board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fcgen.errors import CheckError, FcgenError, InputError, ToolError, bad_input
from fcgen.hardware.host.protocol import Info, Request
from fcgen.host.link import Ask, Link
from fcgen.host.port import Port, SerialPort

if TYPE_CHECKING:
    from fcgen.design.design import Design

_PROBE_SECONDS = 0.3


def board_info(link: Link, attempts: int | None = None) -> Info:
    """Return what a board says of itself."""
    more: dict[str, Any] = {} if attempts is None else {"attempts": attempts}
    ask = Ask(Request.INFO, b"", Info.LAYOUT.size)
    reply = link.exchange([ask], 0, **more)[0]
    try:
        return Info.unpack(reply)
    except ValueError as error:
        raise ToolError(f"{link.port.name}: its answer {error}; flash the board again") from None


def found(
    names: Sequence[str | Port], bauds: Sequence[int], timeout: float, design: Design | None
) -> tuple[Link, Info]:
    """Return the first board that answers and has the structure of the design."""
    failures: list[FcgenError] = []
    for name in names:
        for baud in bauds if isinstance(name, str) else bauds[:1]:
            try:
                return _open(name, baud, timeout, design, sure=len(names) * len(bauds) == 1)
            except (ToolError, CheckError) as error:
                failures.append(error)
            except InputError as error:
                if len(names) == 1:
                    raise
                failures.append(error)
                break
    if failures:
        raise failures[-1]
    raise ToolError("port: there is no serial port; connect a board, or use `--board virtual`")


def _open(
    name: str | Port, baud: int, timeout: float, design: Design | None, *, sure: bool
) -> tuple[Link, Info]:
    port = SerialPort(name, baud) if isinstance(name, str) else name
    try:
        link = Link(port, timeout if sure else min(timeout, _PROBE_SECONDS))
        info = board_info(link, None if sure else 2)
        link.timeout = timeout
        if design is not None and info.structure.hex() != design.manifest.structure_hash:
            found, wanted = info.structure.hex()[:12], design.manifest.structure_hash[:12]
            rule = f"the board has structure {found}…, {design.directory} has {wanted}…"
            raise bad_input("port", port.name, rule, "flash the board with this design")
    except BaseException:
        port.close()
        raise
    return link, info
