"""New run-time weights in the middle of a simulation: what is written, and whether it arrived."""

import numpy as np

from fcgen.design.design import Design
from fcgen.errors import CheckError, InputError
from fcgen.network.network import Network
from fcgen.simulation.engines.streaming import ParameterUpdate, StreamRun
from fcgen.text.wording import count


def update_of(design: Design, parameters: Network | None, vectors: int) -> ParameterUpdate | None:
    """Return what is written to a design in a run of so many vectors; None where nothing is.

    Parameters
    ----------
    design : Design
    parameters : Network, optional
        Written when half of the vectors have begun; without, a design whose memories are written
        at start gets its own weights before the first one.
    vectors : int

    Raises
    ------
    InputError
        When the weights of the design are fixed, or those given belong to another structure.
    """
    at_start = design.written_at_start
    if parameters is None and not at_start:
        return None
    if not design.network.runtime_weights:
        raise InputError(
            f"--load-weights: {design.directory}: the weights of this design are fixed; "
            "emit it with --runtime-weights"
        )
    parameters = parameters or design.network
    if parameters.structure_hash != design.network.structure_hash:
        raise InputError(
            "--load-weights: the weights belong to another structure than the design: "
            "shapes, formats, rounding, saturation and tables must be the same"
        )
    from fcgen.simulation.engines.parameters import update

    return update(design, parameters, after=0 if at_start else vectors // 2)


def check_update(update: ParameterUpdate, run: StreamRun, vectors: int) -> str:
    """Check that what was written was read back, and return a line that says so.

    Raises
    ------
    CheckError
        When it was not.
    """
    if run.read_back is None or not np.array_equal(run.read_back, update.writes[:, 1]):
        raise CheckError("the parameters that were read back are not those written")
    return (
        f"{count(len(update.writes), 'parameter word')} written and read back; "
        f"{count(run.held_after, 'vector')} before, {vectors - run.held_after:,} after"
    )
