"""What is proven of the network for every input."""

from __future__ import annotations

from typing import Any

from fcgen.errors import bad_input
from fcgen.report.content import Absent, Section, Table
from fcgen.report.evidence import CERTIFICATE, Evidence

KEY, TITLE = "certificate", "Certificate"
DIFFERENCES_SHOWN = 20
HEAD = ("Layer", "Outputs", "Proven equal", "Thresholds compared", "Outputs are made by")


def section(evidence: Evidence) -> Section:
    """Return the certificate of a model of integers."""
    found = evidence.certificate
    if found is None:
        what = (
            "There is none: the integers of this design are fcgen's own, of which the reference is "
            "the specification. A model that was quantised before gets one."
        )
        return Section(KEY, TITLE, absent=(Absent(what, "fcgen compile MODEL.tflite -o DIR"),))
    try:
        return _section(found)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        rule = "is not a certificate of fcgen"
        path = evidence.design.directory / CERTIFICATE
        raise bad_input(path, f"{type(error).__name__} {error}", rule, "compile again") from None


def _section(found: dict[str, Any]) -> Section:
    outputs = sum(int(layer["outputs"]) for layer in found["layers"])
    target, thresholds = str(found["target"]), int(found["thresholds"])
    verdict = "equal to" if found["exact"] else "not equal to"
    lead = (
        f"The network is {verdict} {target} for every input: {thresholds:,} thresholds of "
        f"{outputs:,} outputs were compared, none of them sampled.",
    )
    if not found["exact"]:
        lead = (
            f"The network is not equal to {target}: {int(found['differences_in_all']):,} ranges of "
            f"accumulators differ; of {outputs:,} outputs {thresholds:,} thresholds were compared.",
        )
    rows = tuple(
        (
            str(layer["name"]),
            f"{int(layer['outputs']):,}",
            f"{sum(map(bool, layer['exact'])):,}",
            f"{sum(map(int, layer['thresholds'])):,}",
            str(layer["form"]),
        )
        for layer in found["layers"]
    )
    tables = [Table(f"Certificate of {found['model']}", HEAD, rows)]
    wrong = found["differences"][:DIFFERENCES_SHOWN]
    if wrong:
        tables.append(
            Table(
                f"The first {len(wrong)} differences",
                ("Layer", "Output", "Accumulators", "Codes more", "Reason"),
                tuple(
                    (
                        str(one["layer"]),
                        str(int(one["output"])),
                        f"{int(one['first']):,} to {int(one['last']):,}",
                        f"{int(one['steps']):+d}",
                        str(one["reason"]),
                    )
                    for one in wrong
                ),
            )
        )
    return Section(KEY, TITLE, lead, tables=tuple(tables), wide=True)
