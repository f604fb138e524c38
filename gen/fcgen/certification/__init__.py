"""Proofs that a network equals its source runtime, or lists of the accumulators where it does not.

A `fcgen.load.integer_model.IntegerModel` comes in; a network and its certificate go out. Begin with
`fcgen.certification.certify`.
"""
