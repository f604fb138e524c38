"""The quantised network, and its forward pass in NumPy: the specification of the hardware.

Layers come in; codes go out. Begin with `fcgen.network.network`, then `fcgen.network.reference`.
"""
