"""Stages behind the last layer: argmax, top k, softmax.

Scores come in; class indices or probabilities go out. Begin with `fcgen.hardware.ends.arg_max`.
"""
