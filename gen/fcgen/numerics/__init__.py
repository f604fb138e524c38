"""The integer arithmetic of a layer, and the float arithmetic of the runtimes it must equal.

Accumulators, reals and constants come in; codes go out. Begin with `fcgen.numerics.fixed`.
"""
