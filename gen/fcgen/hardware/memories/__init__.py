"""Memories of weights, constants, tables and vectors, and their images.

A layer and its folding come in; banks, images and memory components go out. Begin with
`fcgen.hardware.memories.contents`.
"""
