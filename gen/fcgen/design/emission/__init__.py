"""From the RTLIL that Yosys leaves to the text of a Verilog module."""
