"""TFLite files of int8, as LiteRT computes them.

A path comes in; an `fcgen.load.integer_model.IntegerModel` goes out. Begin with
`fcgen.load.tflite.file`.
"""
