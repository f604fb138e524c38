"""A process of its own around cocotb's runner, which changes the environment and exits on errors.

Called by :mod:`fcgen.simulation.engines.cosimulation` with one JSON argument.
"""

import json
import sys
from typing import Any

TIMESCALE = ("1ns", "1ps")
# Registers start with arbitrary values; the design alone is built, so all of it may be optimised.
VERILATOR_ARGUMENTS = (
    "--x-initial",
    "unique",
    "--no-timing",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
)


def main(settings: dict[str, Any]) -> None:
    """Build a design, or run one test of the bench on it."""
    from cocotb_tools.runner import get_runner

    runner = get_runner(settings["simulator"])
    shared = {"hdl_toplevel": settings["top"], "build_dir": settings["folder"]}
    shared |= {"waves": settings["waves"], "timescale": TIMESCALE}
    verilator = settings["simulator"] == "verilator"
    if settings["action"] == "build":
        arguments = list(VERILATOR_ARGUMENTS) if verilator else []
        if verilator and settings["waves"]:
            arguments.append("--trace-fst")
        shared |= {"sources": settings["sources"], "defines": settings["definitions"]}
        runner.build(build_args=arguments, always=True, **shared)
    else:
        runner.test(
            test_module=settings["module"],
            testcase=settings["test"],
            hdl_toplevel_lang="verilog",
            test_dir=settings["folder"],
            results_xml=settings["results"],
            **shared,
        )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
