"""Tops for other systems: AXI and Wishbone around a design that was emitted before."""
