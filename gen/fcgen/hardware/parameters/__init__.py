"""Run-time parameters: the port, the chain and the places on it.

Begin with `fcgen.hardware.parameters.parameter_port`.
"""
