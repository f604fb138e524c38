"""What nextpnr 0.11.1 writes for a small layer on an ECP5, shortened."""

import json


def place(cell, port):
    return {"cell": cell, "loc": [18, 14], "port": port}


def piece(kind, delay, start, end, net=None):
    named = {} if net is None else {"net": net, "sources": []}
    return {"type": kind, "delay": delay, "from": place(*start), "to": place(*end), **named}


SOURCE = ("dut.group_0.element_0.activation_TRELLIS_FF_Q_1", "Q")
MULTIPLIER = "dut.group_0.element_0.product_MULT18X18D_P15"
SINK = ("dut.group_0.element_0.product_TRELLIS_FF_Q_6", "M")
CLOCK = "$glbnet$clock$TRELLIS_IO_IN"
PIECES = [
    piece("clk-to-q", 0.525, SOURCE, SOURCE),
    piece("routing", 1.375, SOURCE, (MULTIPLIER, "A1"), "dut.group_0.element_0.activation[1]"),
    piece("logic", 3.927, (MULTIPLIER, "A1"), (MULTIPLIER, "P12")),
    piece("routing", 0.973, (MULTIPLIER, "P12"), SINK, f"{MULTIPLIER}_P12"),
    piece("setup", 0, SINK, SINK),
]
CELLS = {"TRELLIS_COMB": 432, "TRELLIS_FF": 426, "MULT18X18D": 2, "DP16KD": 1, "TRELLIS_IO": 27}
WRAPPER = {"TRELLIS_COMB": 2, "TRELLIS_FF": 26, "TRELLIS_IO": 27}


def report(mhz=147.0, cells=CELLS, pieces=PIECES, **clocks):
    """The text of a report; ``clocks`` has the MHz of further clocks."""
    rates = {CLOCK: mhz, **clocks}
    paths = [{"from": f"posedge {c}", "to": f"posedge {c}", "path": pieces} for c in rates]
    return json.dumps(
        {
            "fmax": {c: {"achieved": rate, "constraint": 212} for c, rate in rates.items()},
            "critical_paths": [{"from": "<async>", "to": f"posedge {CLOCK}", "path": []}, *paths],
            "utilization": {
                kind: {"used": number, "available": 24288}
                for kind, number in {**cells, "ALU54B": 0}.items()
            },
        }
    )


def routed(*names_and_types):
    """The text of a routed netlist."""
    cells = {name: {"type": kind} for name, kind in names_and_types}
    return json.dumps({"creator": "nextpnr", "modules": {"top": {"cells": cells}}})
