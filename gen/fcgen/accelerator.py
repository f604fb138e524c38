"""What :func:`fcgen.open` gives: a design that predicts, simulates and describes itself."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fcgen import devices
from fcgen.design.design import Design, whole
from fcgen.design.design_request import DesignRequest
from fcgen.design.interface.interface import STREAM
from fcgen.design.manifest_reader import is_design
from fcgen.devices.device import MappingOptions
from fcgen.files.output_directory import replacing
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.schedule.folding import Folding
from fcgen.schedule.schedule import Schedule
from fcgen.simulation.result import SimulationResult
from fcgen.simulation.simulate import simulate

if TYPE_CHECKING:
    from fcgen.estimation.estimate import Estimate
    from fcgen.summary.layer import Summary
    from fcgen.summary.network import NetworkSummary
    from fcgen.synthesis.result import Result


class Accelerator:
    """One design, ready to run.

    Parameters
    ----------
    design : Design
    """

    def __init__(self, design: Design) -> None:
        self.design = design

    def __repr__(self) -> str:
        return f"Accelerator({str(self.directory)!r})"

    @property
    def directory(self) -> Path:
        """The output directory."""
        return self.design.directory

    @property
    def network(self) -> Network:
        """The quantised network, from which the reference is computed."""
        return self.design.network

    @property
    def layer(self) -> DenseLayer:
        """The layer of a design that is one layer; InputError where it is a whole network."""
        return self.design.layer

    @property
    def schedule(self) -> Schedule:
        """How each layer is laid out over elements, lanes and cycles."""
        return self.design.schedule

    @property
    def folding(self) -> Folding:
        """How the first layer is laid out."""
        return self.design.schedule.foldings[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found wrong and passed over because of ``force``."""
        return self.design.notes

    def predict(
        self, inputs: np.ndarray, engine: str | None = None, *, codes: bool = False
    ) -> np.ndarray:
        """Return what the hardware computes, not compared with anything.

        Parameters
        ----------
        inputs : ndarray, shape (V, N), (V, C, H, W) or the source's own
            What the source takes: reals, integers too, of a model with float32 inputs; codes of one
            with int8 or uint8 inputs, and of a layer that stands alone. The notes of
            :meth:`simulate` say what was done.
        codes : bool
            Integers are codes, whatever the source takes.
        engine : str, optional
            As for :meth:`simulate`, which also says which one ran.

        Returns
        -------
        ndarray of int64
            Outputs (V, M), class indices (V,), or the k best (V, k).
        """
        return self.simulate(inputs, engine=engine, check=False, codes=codes).shaped

    def simulate(
        self,
        inputs: np.ndarray | None = None,
        engine: str | None = None,
        stall: float = 0.0,
        vectors: int | None = None,
        seed: int = 0,
        waves: bool | str | Path = False,
        check: bool = True,
        netlist: bool = False,
        parameters: Network | DenseLayer | None = None,
        source: str | None = None,
        parameters_source: str | None = None,
        codes: bool = False,
        progress: Callable[[str], None] = lambda _: None,
    ) -> SimulationResult:
        """Stream vectors through the design; see :func:`fcgen.simulation.simulate.simulate`."""
        return simulate(
            self.design,
            inputs,
            engine=engine,
            stall=stall,
            vectors=vectors,
            seed=seed,
            waves=waves,
            check=check,
            netlist=netlist,
            parameters=parameters,
            source=source,
            parameters_source=parameters_source,
            codes=codes,
            progress=progress,
        )

    def synthesize(
        self,
        device: str | None = None,
        speed: str | None = None,
        *,
        seeds: int = 3,
        seed: int = 0,
        frequency: float | None = None,
        out: str | Path | None = None,
        jobs: int = 2,
        system_tools: bool = False,
        progress: Callable[[str], None] = lambda _: None,
    ) -> "Result":
        """Synthesise, place and route the design; see `fcgen.synthesis.for_design.request_for`.

        Parameters
        ----------
        out : path, optional
            Where every file and log stays; default a folder beside the design.
        """
        from fcgen.synthesis import flow, for_design

        request = for_design.request_for(
            self.design,
            device,
            speed,
            seeds=seeds,
            seed=seed,
            frequency=frequency,
            jobs=jobs,
            system_tools=system_tools,
        )
        folder = for_design.folder_for(self.design, request) if out is None else Path(out)
        return flow.synthesize(for_design.sources_of(self.design), request, folder, progress)

    def estimate(self, device: str | None = None, speed: str | None = None) -> "Estimate":
        """Predict what :meth:`synthesize` finds, without synthesis.

        Parameters
        ----------
        device : str, optional
            Default that of the design; another one of its family.
        speed : str, optional
            Speed grade, default the family's first.
        """
        from fcgen.estimation.for_design import estimate_design

        return estimate_design(self.design, device, speed)

    def report(self, path: str | Path) -> Path:
        """Write one page with all that is known of the design, and return where it is.

        Parameters
        ----------
        path : path
            HTML file. The design is read from its directory, with the results beside it.
        """
        from fcgen.report import write

        return write(self.directory, Path(path), force=bool(self.notes))

    def parameter_writes(self, parameters: Network | str | Path | None = None) -> np.ndarray:
        """Return what a program writes so that the design computes with other weights.

        Parameters
        ----------
        parameters : Network or path, optional
            Another training, a path as for ``fcgen simulate --load-weights``; default the weights
            that the design was made with.

        Returns
        -------
        ndarray of uint32, shape (W, 2)
            Addresses of the parameter port, or of the register ``parameter_address`` behind a bus,
            and the word for each.

        Raises
        ------
        InputError
            When the weights of the design are fixed, or these do not fit it.
        """
        from fcgen.design.loaded_parameters import load_parameters
        from fcgen.design.parameter_image import ParameterImage

        if parameters is None:
            network = self.network
        elif isinstance(parameters, Network):
            network = parameters
        else:
            network, _ = load_parameters(self.network, Path(parameters))
        return ParameterImage.of(self.design, network).writes

    def summary(self) -> "Summary | NetworkSummary":
        """Return size, folding, cycles and parameters."""
        from fcgen.summary.network import summarise_network

        return summarise_network(self.network, self.schedule, self.design.manifest)


def open(directory: str | Path, force: bool = False) -> Accelerator:
    """Open an output directory; see :meth:`fcgen.design.design.Design.open`."""
    return Accelerator(Design.open(directory, force))


def write(
    network: Network | DenseLayer,
    schedule: Schedule | Folding,
    out: str | Path,
    *,
    name: str = "layer",
    prefix: str = "",
    device: str = "generic",
    options: MappingOptions = devices.DEFAULT,
    seed: int = 0,
    verilog2005: bool = False,
    interface: str = STREAM,
    extra: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Accelerator:
    """Emit a network, or a layer alone, to an output directory, which appears whole or not at all.

    Parameters
    ----------
    network : Network or DenseLayer
    schedule : Schedule, of a layer alone its Folding
    out : path
        Missing, empty, or a design of ours, which is replaced.
    name, prefix : str
        Name of the top module, and what every module name starts with.
    device : str
        Device of the mapping.
    options : MappingOptions
        ``--pack`` and ``--soft-macs``.
    seed : int
        Seed of the vectors of the test bench.
    verilog2005 : bool
        Add a plain Verilog copy of everything.
    interface : {'stream', 'axi', 'wishbone'}
        A top for other systems, around the one with the streams.
    extra : mapping, optional
        Further files, name to text.
    progress : callable, optional
        Gets a line before each step.

    Raises
    ------
    InputError
        When a name is no Verilog identifier, or ``out`` cannot be replaced.
    ToolError
        When Yosys is missing or fails.
    """
    request = DesignRequest(name, prefix, device, options, seed, verilog2005, interface)
    return write_request(network, schedule, Path(out), request, extra, progress)


def write_request(
    network: Network | DenseLayer,
    schedule: Schedule | Folding,
    out: Path,
    request: DesignRequest,
    extra: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Accelerator:
    """Emit a network as a request says; see `write`."""
    # All of the hardware comes with it, which opening and simulating a design do not need.
    from fcgen.design.files import write_files

    network, schedule = whole(network, schedule)
    with replacing(out, is_design) as folder:
        described = write_files(
            folder, network, schedule, request, extra or {}, progress or (lambda _: None)
        )
    mappings = devices.mappings(request.device, network, schedule, request.mapping)
    return Accelerator(Design(out, described, network, mappings))
