"""Arrays from files: weights and biases of one layer, and vectors, in NumPy's formats or as text.

Paths come in; checked arrays go out. Begin with `fcgen.load.arrays.array_file`.
"""
