"""The hardware: Amaranth components, from which all Verilog is emitted.

Networks, foldings and mappings come in; components and memory images go out. Begin with
`fcgen.hardware.accelerator`, then `fcgen.hardware.layer.layer`.
"""
