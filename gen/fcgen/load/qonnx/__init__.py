"""QONNX graphs, as qonnx's executor computes them.

A graph comes in; an `fcgen.load.integer_model.IntegerModel` goes out. Begin with
`fcgen.load.qonnx.walk`.
"""
