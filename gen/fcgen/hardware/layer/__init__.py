"""A fully connected layer.

Begin with `fcgen.hardware.layer.layer`.
"""
