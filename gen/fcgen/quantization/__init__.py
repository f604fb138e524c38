"""From a model of reals, and data that it will see, to a network of integers.

Models and vectors come in; networks and their losses go out. Begin with `fcgen.quantization.model`.
"""
