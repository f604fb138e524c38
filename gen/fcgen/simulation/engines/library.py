"""Emitted Verilog as a shared library: Verilator and the C++ compiler, cached by content."""

import errno
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from fcgen.errors import ToolError
from fcgen.tools import programs as tools
from fcgen.tools.programs import Tool

HARNESS = Path(__file__).with_name("harness.cpp")
PRINT_HEADER = HARNESS.with_name("print.h")
LIBRARY = "layer.so"
RUNTIME_SOURCES = ("verilated.cpp", "verilated_threads.cpp")
UNIT_BYTES = 400_000  # generated code that one run of the compiler takes

# The harness turns everything that ends or disturbs a simulation into an error of its own.
RUNTIME_MACROS = (
    "VL_USER_FINISH",
    "VL_USER_STOP",
    "VL_USER_FATAL",
    "VL_USER_WARN",
    "VL_PRINTF=fcgen_print",
    "VM_COVERAGE=0",
    "VM_SC=0",
    "VM_TIMING=0",
    "VM_TRACE=0",
    "VM_TRACE_FST=0",
    "VM_TRACE_VCD=0",
    "VM_TRACE_SAIF=0",
    "VERILATOR=1",
)
COMPILER_FLAGS = ("-std=gnu++17", "-fPIC", "-fvisibility=hidden", "-w", "-pthread")
VERILATOR_FLAGS = (
    "--cc",
    "--prefix",
    "Vlayer",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "unique",
    "--no-timing",
    # Compilers take much more than twice the time for a function of twice the length.
    "--output-split-cfuncs",
    "500",
    "--inline-mult",
    "1",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
)


@dataclass(frozen=True)
class LibrarySource:
    """What a library is made of.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files.
    top : str
        Top module.
    macros : mapping
        Definitions for the harness.
    definitions : sequence of str
        Definitions under which the Verilog is read.
    optimise : int
        ``-O`` level of the C++ compiler: 3 for whole data sets, 1 where building takes longer
        than running.
    harness : Path
        C++ that drives the model.
    headers : sequence of Path
        That it includes, beside it.
    """

    sources: Sequence[Path]
    top: str
    macros: Mapping[str, int]
    optimise: int = 3
    definitions: Sequence[str] = ()
    harness: Path = HARNESS
    headers: Sequence[Path] = ()


def cache_directory() -> Path:
    """Return the folder of the user's cached libraries."""
    return Path(platformdirs.user_cache_dir("fcgen"))


def library(source: LibrarySource, jobs: int | None = None) -> Path:
    """Return the shared library of emitted Verilog, built unless the cache has it.

    The images are not part of it: the model reads them when it is opened.

    Raises
    ------
    ToolError
        When Verilator or the C++ compiler is missing or fails.
    """
    verilator, compiler = tools.verilator(), tools.compiler()
    target = cache_directory() / "models" / _key(source, verilator, compiler) / LIBRARY
    if not target.exists():
        publish(target.parent, lambda folder: _build(source, verilator, compiler, jobs, folder))
    return target


def _key(source: LibrarySource, verilator: Tool, compiler: Tool) -> str:
    digest = hashlib.sha256()
    for path in (*source.sources, source.harness, *source.headers, PRINT_HEADER):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    settings = (
        *(source.top, sorted(source.macros.items()), source.optimise, VERILATOR_FLAGS),
        tuple(source.definitions),
    )
    toolset = (RUNTIME_MACROS, COMPILER_FLAGS, verilator.version, compiler.version)
    digest.update(repr((settings, toolset)).encode())
    return digest.hexdigest()[:32]


def publish(folder: Path, build: Callable[[Path], None]) -> None:
    """Let ``build`` fill a folder beside ``folder`` and rename it: readers never see half of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        build(temporary)
        temporary.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        # Another process has built the same in the meantime, which is as good.
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _build(
    source: LibrarySource, verilator: Tool, compiler: Tool, jobs: int | None, folder: Path
) -> None:
    work = folder / "work"
    files = [str(path.resolve()) for path in source.sources]
    options = [*VERILATOR_FLAGS, "--top-module", source.top, "--Mdir", str(work)]
    options += [f"-D{name}" for name in source.definitions]
    run_tool([*verilator.command, *options, *files], folder, verilator.environment)
    flags = [*_flags(verilator), f"-I{work}", f"-O{source.optimise}"]
    flags += [f"-D{name}={value}" for name, value in source.macros.items()]
    objects = _compile(compiler, _units(work, source.harness), flags, jobs)
    objects += _runtime(verilator, compiler, jobs)
    link = [*compiler.command, "-shared", "-pthread", *map(str, objects), "-o", LIBRARY]
    run_tool(link, folder, compiler.environment)
    shutil.rmtree(work)


def _flags(verilator: Tool) -> list[str]:
    include = verilator.root / "include"
    macros = [f"-D{macro}" for macro in RUNTIME_MACROS]
    declared = ["-include", str(PRINT_HEADER)]
    return [*COMPILER_FLAGS, f"-I{include}", f"-I{include / 'vltstd'}", *macros, *declared]


def _units(work: Path, harness: Path) -> list[Path]:
    """Gather the harness and the generated files in translation units of moderate size."""
    units: list[list[Path]] = [[harness]]
    size = 0
    for path in sorted(work.glob("Vlayer*.cpp")):
        if size + path.stat().st_size > UNIT_BYTES:
            units.append([])
            size = 0
        units[-1].append(path)
        size += path.stat().st_size
    paths = []
    for index, members in enumerate(units):
        path = work / f"unit{index}.cpp"
        path.write_text("".join(f'#include "{member}"\n' for member in members))
        paths.append(path)
    return paths


def _compile(
    compiler: Tool, units: Sequence[Path], flags: Sequence[str], jobs: int | None
) -> list[Path]:
    def one(unit: Path) -> Path:
        result = unit.with_suffix(".o")
        command = [*compiler.command, *flags, "-c", str(unit), "-o", str(result)]
        run_tool(command, unit.parent, compiler.environment)
        return result

    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        return list(pool.map(one, units))


def _runtime(verilator: Tool, compiler: Tool, jobs: int | None) -> list[Path]:
    """Return Verilator's own object files, which all libraries share, compiled once."""
    flags = [*_flags(verilator), "-O2"]
    text = repr((flags, verilator.version, compiler.version)).encode()
    folder = cache_directory() / "runtime" / hashlib.sha256(text).hexdigest()[:32]

    def build(temporary: Path) -> None:
        for name in RUNTIME_SOURCES:
            shutil.copy(verilator.root / "include" / name, temporary)
        _compile(compiler, [temporary / name for name in RUNTIME_SOURCES], flags, jobs)

    if not folder.exists():
        publish(folder, build)
    return [folder / Path(name).with_suffix(".o") for name in RUNTIME_SOURCES]


def run_tool(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a tool and return what it printed.

    Raises
    ------
    ToolError
        When it cannot be started or fails; the line names the tool and its last words.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise ToolError(
            f"{name}: cannot be started: {error.strerror}; run `fcgen doctor`"
        ) from None
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line]
        reason = words[0].strip() if words else f"exit code {done.returncode}"
        raise ToolError(f"{name}: {reason}; run `fcgen doctor` to check the installation")
    return done.stdout
