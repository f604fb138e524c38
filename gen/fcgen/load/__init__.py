"""Readers of models, weights and vectors, which check every size before they allocate memory.

A path or an object comes in; a `fcgen.load.model.Model` of floats or a
`fcgen.load.integer_model.IntegerModel` goes out. Begin with `fcgen.load.detect`. The package itself
is callable: ``fcgen.load(source)`` reads a model.
"""

import sys
from types import ModuleType
from typing import Any


class _Loader(ModuleType):
    """The package, which is also the function of its name."""

    def __call__(self, source: Any) -> Any:
        """Read a model; see `fcgen.load.detect.load_model`."""
        from fcgen.load.detect import load_model

        return load_model(source)


sys.modules[__name__].__class__ = _Loader
