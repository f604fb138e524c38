"""TFLite files of int8 layers, as LiteRT computes them.

A path comes in; a `fcgen.load.integer_model.IntegerModel` goes out. Begin with
`fcgen.load.tflite.file`.
"""
