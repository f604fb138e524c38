"""Streams of vectors: their ports, and protocols of components that have them."""

from __future__ import annotations

from typing import Any, Protocol

from amaranth import Signal
from amaranth.lib.wiring import In, Out


class Input(Protocol):
    """A component with an input stream."""

    in_payload: Signal
    in_valid: Signal
    in_ready: Signal
    in_first: Signal
    in_last: Signal


class Output(Protocol):
    """A component with an output stream."""

    out_payload: Signal
    out_valid: Signal
    out_ready: Signal
    out_first: Signal
    out_last: Signal


def input_ports(shape: Any) -> dict[str, In | Out]:
    """Return the ports of an input stream with a payload of ``shape``."""
    return {
        "in_payload": In(shape),
        "in_valid": In(1),
        "in_ready": Out(1),
        "in_first": In(1),
        "in_last": In(1),
    }


def output_ports(shape: Any) -> dict[str, In | Out]:
    """Return the ports of an output stream with a payload of ``shape``."""
    return {
        "out_payload": Out(shape),
        "out_valid": Out(1),
        "out_ready": In(1),
        "out_first": Out(1),
        "out_last": Out(1),
    }
