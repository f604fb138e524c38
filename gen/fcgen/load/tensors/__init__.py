"""Tensors in a file, with a JSON file beside it that lists the layers they make.

A path comes in; a `fcgen.load.model.Model` goes out. Begin with `fcgen.load.tensors.reader`.
"""
