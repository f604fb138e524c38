"""The verdict at first glance: one sentence, six tiles."""

from __future__ import annotations

import shlex
from typing import Any

from fcgen.report.content import Tile
from fcgen.report.evidence import Evidence
from fcgen.report.wording import percent, rate, seconds
from fcgen.synthesis.fit import shares
from fcgen.synthesis.result_text import megahertz
from fcgen.text.wording import count

ESTIMATED = "estimated"


def headline(evidence: Evidence) -> tuple[str, str]:
    """Return the state and the sentence over everything else."""
    if evidence.mismatches:
        wrong = count(evidence.mismatches, "integer")
        return "bad", f"Not exact: {wrong} of the hardware differ from the reference."
    proof = evidence.certificate
    if proof and not proof.get("exact"):
        return "bad", f"Not equal to {proof.get('target')}: see the certificate."
    if not evidence.checked:
        sentence = "Not checked yet: no simulation of this design is recorded."
        return "open", sentence + (f" Its integers are {_proven(proof)}." if proof else "")
    outputs = count(sum(one.outputs for one in evidence.checked), "integer")
    sentence = f"Exact: all {outputs} that the hardware computed equal the reference."
    if proof:
        sentence += f" The reference is {_proven(proof)}."
    return "good", sentence


def _proven(proof: dict[str, Any]) -> str:
    return f"proven equal to {proof.get('target')} for every input"


def tiles(evidence: Evidence) -> tuple[Tile, ...]:
    """Return the tiles, each with its source."""
    return (
        _exact(evidence),
        _accuracy(evidence),
        _clock(evidence),
        _rate(evidence),
        _latency(evidence),
        _share(evidence),
    )


def _exact(evidence: Evidence) -> Tile:
    title = "Exact"
    engines = ", ".join(
        one.engine + (" (netlist)" if one.netlist else "") for one in evidence.checked
    )
    if evidence.mismatches:
        return Tile(title, "No", f"{count(evidence.mismatches, 'mismatch', 'es')}", "bad", engines)
    proof = evidence.certificate
    if proof and not proof.get("exact"):
        note = "the certificate lists where the network differs from its source"
        return Tile(title, "No", note, "bad", "proof")
    if not evidence.checked:
        typed = shlex.quote(evidence.directory)
        return Tile(title, "Not checked", f"fcgen simulate {typed}", "open")
    outputs = sum(one.outputs for one in evidence.checked)
    return Tile(title, "Yes", f"0 mismatches in {outputs:,} integers", "good", engines)


def _accuracy(evidence: Evidence) -> Tile:
    found = evidence.accuracy
    if found is None:
        return Tile("Accuracy", "No labels", "compile with --labels and data", "open")
    note = f"{found.vectors:,} vectors"
    if found.float_model is not None:
        note = f"{percent(found.float_model)} in floats; {note}"
    return Tile("Accuracy", percent(found.quantised), note, "plain", "integers")


def _clock(evidence: Evidence) -> Tile:
    title, made, guess = "Clock", evidence.synthesis, evidence.estimate
    if made and made.clock and made.board:
        note = f"routed for {megahertz(made.fmax[0])} MHz at most; {made.board}"
        return Tile(title, f"{made.clock:.6g} MHz", note, "plain", made.source)
    if made and made.clock:
        cap = f"capped at {made.cap:g} MHz" if made.cap else "no cap is known"
        note = f"median of {count(len(made.fmax), 'seed')}; {cap}"
        return Tile(title, f"{megahertz(made.clock)} MHz", note, "plain", made.source)
    if guess and guess.fmax_capped_mhz:
        note = guess.cap.reason if guess.cap else "no cap is known"
        return Tile(title, f"{megahertz(guess.fmax_capped_mhz)} MHz", note, "plain", ESTIMATED)
    return Tile(title, "Unknown", _why_no_clock(evidence), "open")


def _why_no_clock(evidence: Evidence) -> str:
    if evidence.device is None:
        return "the design is mapped to no device"
    if evidence.excess:
        return "the design does not fit"
    return evidence.synth_command


def _figures(evidence: Evidence) -> tuple[float | None, float | None, str]:
    """Return inferences a second, latency in microseconds, and where they come from."""
    made, guess = evidence.synthesis, evidence.estimate
    if made and made.clock:
        return made.rate, made.latency_us, made.source
    if guess and guess.fmax_capped_mhz:
        return guess.inferences_per_second, guess.latency_us, ESTIMATED
    return None, None, ""


def _rate(evidence: Evidence) -> Tile:
    found, _, source = _figures(evidence)
    cycles = f"a vector every {count(evidence.design.initiation_interval, 'cycle')}"
    if found is None:
        return Tile("Inferences a second", "Unknown", cycles, "open")
    if evidence.bitstream is not None:
        cycles += f"; {rate(evidence.bitstream.line_rate)} over its serial line"
    return Tile("Inferences a second", rate(found), cycles, "plain", source)


def _latency(evidence: Evidence) -> Tile:
    _, found, source = _figures(evidence)
    cycles = count(evidence.design.latency, "cycle")
    if found is None:
        return Tile("Latency", cycles, "first input to last output", "plain", "formula")
    return Tile(
        "Latency", seconds(found / 1e6), f"{cycles}, first input to last output", source=source
    )


def _share(evidence: Evidence) -> Tile:
    title, made, guess, device = "Device", evidence.synthesis, evidence.estimate, evidence.device
    if device is None or not (made or guess):
        return Tile(title, "None", "compile with --device, such as ecp5-25k", "open")
    usage = made.usage if made else guess.usage if guess else None
    assert usage is not None
    found = shares(usage, device)
    names = {"lut": "LUT", "ff": "FF", "dsp": "DSP", "ram": "RAM", "scratchpad": "SPRAM"}
    most = max(found, key=lambda name: found[name])
    rest = ", ".join(
        f"{names[name]} {value:.0f} %" for name, value in found.items() if name != most
    )
    state = "plain" if found[most] <= 100 else "bad"
    note = f"of {device.name}; {rest}"
    return Tile(
        "Share of the device",
        f"{found[most]:.0f} % {names[most]}",
        note,
        state,
        made.source if made else ESTIMATED,
    )
