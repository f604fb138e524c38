"""QONNX graphs, as qonnx's executor computes them.

A graph comes in; a `fcgen.load.integer_model.IntegerModel` goes out. Begin with
`fcgen.load.qonnx.walk`.
"""
