"""Arrays in files: NumPy's, text, weights of a layer, vectors.

Paths come in; checked arrays go out. Begin with `fcgen.load.arrays.array_file`.
"""
