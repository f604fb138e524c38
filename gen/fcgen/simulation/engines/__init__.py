"""Engines that run an emitted layer: compiled RTL, cocotb simulators, the Amaranth simulator."""
