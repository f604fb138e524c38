"""Tensors in a file, and a JSON beside them that says what they make.

A path comes in; a `fcgen.load.model.Model` goes out. Begin with `fcgen.load.tensors.reader`.
"""
