"""Stages behind the last layer: class, best classes, probabilities.

Begin with `fcgen.hardware.ends.arg_max`.
"""
