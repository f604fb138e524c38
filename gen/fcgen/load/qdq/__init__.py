"""Quantised ONNX graphs, as onnxruntime computes them.

A graph comes in; a `fcgen.load.integer_model.IntegerModel` goes out. Begin with
`fcgen.load.qdq.reader`.
"""
