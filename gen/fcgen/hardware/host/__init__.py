"""The host link: a serial line, frames, requests.

Begin with `fcgen.hardware.host.uart_top`.
"""
