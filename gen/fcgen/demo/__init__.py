"""The demonstration: handwritten digits from trained weights to verified Verilog.

Nothing comes in; a design and a picture go out. Begin with `fcgen.demo.demo`.
"""
