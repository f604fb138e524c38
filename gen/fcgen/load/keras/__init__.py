"""Keras models, saved as ``.keras`` or ``.h5``.

A path comes in; a `fcgen.load.model.Model` goes out. Begin with `fcgen.load.keras.file`.
"""
