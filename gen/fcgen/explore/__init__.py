"""Sweeps over bits, foldings, packings, devices and seeds, and the front of their trade-offs.

``fcgen.explore(model, directory, …)`` does one: the package itself can be called, see
`fcgen.explore.call`.
"""

import sys
from types import ModuleType
from typing import Any


class _Explorer(ModuleType):
    """The package, which is also the function of its name."""

    def __call__(self, *values: Any, **options: Any) -> Any:
        """Sweep; see `fcgen.explore.call.explore`."""
        from fcgen.explore.call import explore

        return explore(*values, **options)


sys.modules[__name__].__class__ = _Explorer
