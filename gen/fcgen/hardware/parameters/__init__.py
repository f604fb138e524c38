"""Weights that are written at run time: the parameter port and the chain of memories behind it.

Addresses and words of the host come in; writes and answers of the memories go out. Begin with
`fcgen.hardware.parameters.parameter_port`.
"""
