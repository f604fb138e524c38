"""Memories of weights, constants, tables and vectors, and their images.

Begin with `fcgen.hardware.memories.weight_memory`.
"""
