"""ONNX graphs of floats.

A path comes in; a `fcgen.load.model.Model` goes out. Begin with `fcgen.load.onnx.floats`.
"""
