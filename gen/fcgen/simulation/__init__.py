"""Designs on engines, compared with the reference.

A design and vectors come in; outputs, mismatches and cycles go out. Begin with
`fcgen.simulation.simulate`.
"""
