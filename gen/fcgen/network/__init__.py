"""The quantised network, and its forward pass in NumPy: the specification of the hardware.

Vectors of codes come in; vectors of codes go out. Begin with `fcgen.network.network`, then
`fcgen.network.reference`.
"""
