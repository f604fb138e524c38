"""Readers of models, weights and vectors; every size is checked before memory is taken for it.

``fcgen.load(source)`` reads a model: the package itself can be called, see `fcgen.load.detect`.
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
