"""Serial ports, through pyserial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fcgen.errors import ToolError, bad_input, shown

if TYPE_CHECKING:
    import serial

READ_SECONDS = 0.02


class Port(Protocol):
    """What the link needs of a port."""

    name: str

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def read(self) -> bytes:
        """Return the bytes that are there, none after a short time without any."""

    def close(self) -> None:
        """Give the port back."""


class SerialPort:
    """A port of the system, 8 data bits, no parity, 1 stop bit.

    Parameters
    ----------
    name : str
        A path, or what pyserial understands.
    baud : int

    Raises
    ------
    InputError
        When it cannot be opened with this rate.
    ToolError
        When pyserial is missing.
    """

    def __init__(self, name: str, baud: int) -> None:
        library = _pyserial()
        self.name = name
        try:
            self._port: serial.Serial = library.serial_for_url(
                name, baudrate=baud, timeout=READ_SECONDS, write_timeout=60
            )
        except (OSError, ValueError) as error:
            raise bad_input(
                "port", name, f"cannot be opened: {shown(error)}", "check its name and its rights"
            ) from None

    def write(self, data: bytes) -> None:
        """Send bytes."""
        with _failures(self.name):
            self._port.write(data)

    def read(self) -> bytes:
        """Return the bytes that are there, none after a short time without any."""
        with _failures(self.name):
            return bytes(self._port.read(max(1, self._port.in_waiting)))

    def close(self) -> None:
        """Give the port back."""
        self._port.close()


def _pyserial() -> Any:
    try:
        import serial
    except ImportError:
        raise ToolError(
            "pyserial: missing: it talks to boards; install it with `pip install fcgen[board]`"
        ) from None
    return serial


class _failures:
    """Turn what goes wrong with an open port into one line."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            reason = error.strerror or shown(error)
            raise ToolError(f"{self.name}: {reason}: the port failed; connect the board again")


def ports() -> list[str]:
    """Return the names of the system's serial ports."""
    _pyserial()
    from serial.tools import list_ports

    return sorted(port.device for port in list_ports.comports())
