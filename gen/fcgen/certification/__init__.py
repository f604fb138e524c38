"""Proofs that a network equals its source runtime, or where it does not.

Models of integers come in; networks and certificates go out. Begin with
`fcgen.certification.certify`.
"""
