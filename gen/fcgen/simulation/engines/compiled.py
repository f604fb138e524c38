"""The compiled engine: the emitted Verilog as a library, driven through ctypes.

One model a thread; ctypes releases the interpreter's lock while a model runs.
"""

import ctypes
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fcgen.design.design import Design
from fcgen.errors import CheckError
from fcgen.simulation.engines.compiled_job import Buffers, Job
from fcgen.simulation.engines.library import LibrarySource, library
from fcgen.simulation.engines.streaming import (
    ParameterUpdate,
    StreamFault,
    StreamOptions,
    StreamRun,
)

MESSAGE_BYTES = 4096
STOPPED = 7
FAULTS = {
    1: "nothing was accepted on either side for {watchdog} cycles",
    2: "the output changed while it was stalled",
    3: "out_valid fell before the beat was accepted",
    4: "out_first or out_last stands on the wrong beat",
    5: "the error flag rose although every vector was framed correctly",
    6: "more came out than was asked for",
    8: "a parameter access was refused although the layer was held",
}
_directory_lock = threading.Lock()


def run(
    design: Design,
    inputs: np.ndarray,
    options: StreamOptions,
    update: ParameterUpdate | None = None,
    *,
    workers: int | None = None,
    optimise: int = 3,
) -> StreamRun:
    """Stream vectors through the compiled layer.

    Parameters
    ----------
    design : Design
        An emitted design.
    inputs : ndarray of int64, shape (V, N)
    options : StreamOptions
    update : ParameterUpdate, optional
        New parameters in the middle of the stream; then one worker runs.
    workers : int, optional
        Models that share the vectors; default one a processor.
    optimise : int
        ``-O`` level of the C++ compiler.

    Raises
    ------
    StreamFault
        When the layer breaks the stream protocol or hangs.
    CheckError
        When the model stops by itself, for instance over an image.
    ToolError
        When Verilator or the C++ compiler is missing or fails.
    """
    path = library(_source(design, optimise))
    loaded = _load(path)
    if update is not None or options.resets:
        workers = 1
    streams = _split(len(inputs), workers or os.cpu_count() or 1)
    ends = np.cumsum(streams)

    def stream(index: int) -> StreamRun:
        part = slice(ends[index] - streams[index], ends[index])
        return _stream(loaded, design, inputs[part], options, update, int(part.start))

    with ThreadPoolExecutor(len(streams)) as pool:
        return StreamRun.join(list(pool.map(stream, range(len(streams)))))


def _source(design: Design, optimise: int) -> LibrarySource:
    macros = {"FCGEN_INPUT_WIDTH": design.input_stream.width}
    if design.parameter_port:
        macros["FCGEN_RUNTIME_WEIGHTS"] = 1
    if design.place is not None:
        macros["FCGEN_CHAINED"] = 1
        if design.place.first:
            macros["FCGEN_HOLD_INPUT"] = 1
    return LibrarySource(design.sources, design.top, macros, optimise, design.macros)


def _load(path: Path) -> ctypes.CDLL:
    loaded = ctypes.CDLL(str(path))
    message = (ctypes.c_char_p, ctypes.c_size_t)
    loaded.fcgen_open.argtypes = (ctypes.c_uint64, *message)
    loaded.fcgen_open.restype = ctypes.c_void_p
    loaded.fcgen_run.argtypes = (ctypes.c_void_p, ctypes.POINTER(Job), *message)
    loaded.fcgen_close.argtypes = (ctypes.c_void_p,)
    loaded.fcgen_close.restype = None
    return loaded


def _split(vectors: int, workers: int) -> tuple[int, ...]:
    workers = max(1, min(workers, vectors))
    return tuple(vectors // workers + (index < vectors % workers) for index in range(workers))


def _open(loaded: ctypes.CDLL, design: Design, seed: int) -> ctypes.c_void_p:
    """Construct a model where its images are: ``$readmemh`` looks in the working directory."""
    message = ctypes.create_string_buffer(MESSAGE_BYTES)
    with in_directory(design.directory):
        model = loaded.fcgen_open(seed, message, MESSAGE_BYTES)
    if not model:
        raise CheckError(f"the simulation ended itself: {_text(message)}")
    return ctypes.c_void_p(model)


@contextmanager
def in_directory(directory: Path) -> Iterator[None]:
    """Work in a directory, one thread at a time."""
    with _directory_lock:
        before = os.getcwd()
        os.chdir(directory)
        try:
            yield
        finally:
            os.chdir(before)


def _text(message: "ctypes.Array[ctypes.c_char]") -> str:
    return " ".join(message.value.decode(errors="replace").split())


def _stream(
    loaded: ctypes.CDLL,
    design: Design,
    inputs: np.ndarray,
    options: StreamOptions,
    update: ParameterUpdate | None,
    start: int,
) -> StreamRun:
    """Run one model over its share of the vectors, which are numbered from ``start``."""
    seed = options.seed * 1_000_003 + start
    buffers = Buffers(design, inputs, update, seed)
    job = buffers.job(design, options, seed)
    message = ctypes.create_string_buffer(MESSAGE_BYTES)
    model = _open(loaded, design, seed % 2**30)
    try:
        status = loaded.fcgen_run(model, ctypes.byref(job), message, MESSAGE_BYTES)
    finally:
        loaded.fcgen_close(model)
    if status == STOPPED:
        raise CheckError(f"the simulation ended itself: {_text(message)}")
    if status:
        what = FAULTS[status].format(watchdog=job.watchdog)
        raise StreamFault(what, start + job.vector, job.beat, job.cycles - 1)
    return buffers.result(job, start)
