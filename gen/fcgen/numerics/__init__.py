"""The arithmetic contract: formats, roundings, requantisation, thresholds, tables, float chains.

Integers and constants come in; codes go out. Begin with `fcgen.numerics.fixed`.
"""
