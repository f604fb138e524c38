"""ONNX graphs of floats, and what all ONNX graphs share: file, walk, end of a classifier.

A path comes in; a `fcgen.load.model.Model` goes out. Begin with `fcgen.load.onnx.floats`.
"""
