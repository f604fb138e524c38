"""The engines ``icarus`` and ``verilator``: the benches of ``sim/`` under cocotb."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

import fcgen
from fcgen import tools
from fcgen.design import Design
from fcgen.engines.scenarios import Case, framing_run, stream_run
from fcgen.engines.streaming import ParameterUpdate, StreamFault, StreamOptions, StreamRun
from fcgen.errors import CheckError, ToolError

SIMULATORS = ("icarus", "verilator")
MODULE = "layer_bench"


def bench_directory() -> Path:
    """Return the folder with the benches: in the wheel, or ``sim/`` of a checkout."""
    package = Path(fcgen.__file__).parent
    for folder in (package / "_sim", package.parents[1] / "sim"):
        if (folder / f"{MODULE}.py").exists():
            return folder
    raise ToolError(f"{MODULE}.py: not found beside the package; install fcgen again")


class Cosimulation:
    """One design built for one simulator, in a directory of its own, run as often as needed.

    Parameters
    ----------
    design : Design
    simulator : {'icarus', 'verilator'}
    waves : Path, optional
        Where the waveform (FST) of the last run goes.

    Raises
    ------
    ToolError
        When the simulator or cocotb is missing.
    """

    def __init__(self, design: Design, simulator: str, waves: Path | None = None) -> None:
        self.design, self.simulator, self.waves = design, simulator, waves
        self._environment = tools.environment(simulator)
        self._folder = Path(tempfile.mkdtemp(prefix="fcgen-"))
        try:
            for image in design.images:
                (self._folder / image.name).symlink_to(image.resolve())
            self._call("build", sources=[str(path.resolve()) for path in design.sources])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Delete the build directory."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def stream(
        self, inputs: np.ndarray, options: StreamOptions, update: ParameterUpdate | None = None
    ) -> StreamRun:
        """Stream vectors through the layer.

        Parameters
        ----------
        inputs : ndarray of int64, shape (V, N)
        options : StreamOptions
        update : ParameterUpdate, optional
            New parameters in the middle of the stream.

        Raises
        ------
        StreamFault
            When the layer breaks the stream protocol or hangs.
        CheckError
            When the simulation ends by itself, for instance over an image.
        """
        case = Case.of(self.design, inputs, options, update)
        return stream_run(case, self._bench("whole_vectors", case))

    def broken_framing(
        self, inputs: np.ndarray, options: StreamOptions
    ) -> tuple[np.ndarray, np.ndarray]:
        """Stream vectors of which many are framed wrongly.

        Returns
        -------
        accepted : ndarray of int64, shape (A, N)
            The vectors that the rules of the stream let through, made of the accepted beats.
        outputs : ndarray of int64, shape (A, M)

        Raises
        ------
        StreamFault
            When the layer does not follow the rules.
        """
        case = Case.of(self.design, inputs, options)
        return framing_run(case, self._bench("broken_framing", case))

    def _bench(self, test: str, case: Case) -> dict[str, np.ndarray]:
        paths = [self._folder / name for name in ("case.npz", "result.npz", "fault.json")]
        for path in paths:
            path.unlink(missing_ok=True)
        case.save(paths[0])
        settings = {"module": MODULE, "test": test, "results": str(self._folder / "results.xml")}
        output = self._call("test", paths, **settings)
        if paths[2].exists():
            raise StreamFault(**json.loads(paths[2].read_text()))
        if not paths[1].exists():
            raise CheckError(f"{self.design.directory}: {_ending(output)}")
        if self.waves:
            shutil.copy(next(self._folder.glob("*.fst")), self.waves)
        with np.load(paths[1]) as results:
            return dict(results)

    def _call(self, action: str, files: Sequence[Path] = (), **settings: Any) -> str:
        settings |= {
            "action": action,
            "simulator": self.simulator,
            "top": self.design.top,
            "folder": str(self._folder),
            "waves": self.waves is not None,
        }
        environment = dict(self._environment)
        environment["FCGEN_BENCH"] = os.pathsep.join(map(str, files))
        path = [str(bench_directory()), str(Path(fcgen.__file__).parents[1])]
        environment["PYTHONPATH"] = os.pathsep.join([*path, environment.get("PYTHONPATH", "")])
        environment.pop("PYTEST_CURRENT_TEST", None)  # the runner would look for test results
        command = [sys.executable, "-m", "fcgen.engines.cocotb_process", json.dumps(settings)]
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if action == "build" and done.returncode:
            raise ToolError(f"{self.simulator}: {_ending(done.stdout)}; run `fcgen doctor`")
        return done.stdout


def _ending(output: str) -> str:
    """Return the line of a simulator's output that says why it ended."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for word in ("FATAL", "Fatal", "rror"):
        for line in lines:
            if word in line:
                return f"the simulation ended itself: {line}"
    return f"the simulation ended itself: {lines[-1] if lines else 'it said nothing'}"
