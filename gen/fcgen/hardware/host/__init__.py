"""The host link on a board: UART, frames and requests around a design.

Bytes of a serial line come in; replies go out. Begin with `fcgen.hardware.host.uart_top`.
"""
