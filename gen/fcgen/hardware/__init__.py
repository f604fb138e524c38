"""Amaranth components: the one source of the hardware."""
