"""Tops with AXI or Wishbone around the emitted Verilog of a design.

Bus accesses and streams come in; the same go out. Begin with
`fcgen.hardware.interfaces.interface_top`.
"""
