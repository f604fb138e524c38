"""From Verilog to figures: Yosys, nextpnr, and what their reports say of a design."""
