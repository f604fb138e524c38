"""Versions, seeds, hashes, and the commands that repeat everything on the page."""

from __future__ import annotations

import importlib.metadata
import shlex

from fcgen.design.manifest import TOOLS
from fcgen.report.content import Absent, Section, Table
from fcgen.report.evidence import Evidence

KEY, TITLE = "repeat", "Repeat everything"


def section(evidence: Evidence) -> Section:
    """Return what a reader needs to get the same again."""
    manifest = evidence.design.manifest
    versions = {tool: importlib.metadata.version(tool) for tool in TOOLS}
    for made in evidence.syntheses:
        versions |= made.versions
    facts = [
        ("Structure hash", manifest.structure_hash),
        ("Weights hash", manifest.weights_hash),
        ("Seed of the design", str(manifest.seed)),
    ]
    for made in evidence.syntheses:
        seeds = ", ".join(map(str, made.seeds)) or "none"
        facts.append((f"Seeds of placement, {made.board or made.device}", seeds))
    facts += [(f"Version of {tool}", found) for tool, found in versions.items()]
    absent = [
        Absent(f"{file} is of another design than the one that is there now, and is not used.")
        for file in evidence.outdated
    ]
    table = Table("Hashes, seeds, versions", ("What", "Value"), tuple(facts))
    rows = tuple((what, command) for what, command in commands(evidence))
    repeated = Table("Commands", ("What", "Command"), rows, commands=True)
    return Section(KEY, TITLE, tables=(repeated, table), absent=tuple(absent), wide=True)


def commands(evidence: Evidence) -> list[tuple[str, str]]:
    """Return what each command gives, and the command."""
    typed = shlex.quote(evidence.directory)
    found = [("The same design, from its reference", design_command(evidence))]
    found += [
        (f"Simulation, engine {one.engine}{', netlist' if one.netlist else ''}", one.repeat)
        for one in evidence.simulations
    ]
    for made in evidence.syntheses:
        if made.board:
            found.append((f"Bitstream, {made.board}", made.command))
            continue
        words = ["fcgen", "synth", evidence.directory, "--device", made.device]
        words += ["--speed", made.speed] if made.speed else []
        if made.seeds:
            words += ["--seeds", str(len(made.seeds)), "--seed", str(made.seeds[0])]
        if made.target:
            words += ["--freq", f"{made.target:g}"]
        found.append((f"Place and route, {made.device}", shlex.join(words)))
    build = evidence.bitstream
    if build is None:
        return [*found, ("This page", f"fcgen report {typed}")]
    typed = shlex.quote(str(build.directory))
    return [
        *found,
        ("The bitstream into its board", build.flash_command),
        ("Vectors through the board", f"fcgen run {typed} --board auto"),
        ("Vectors through its RTL, serial line included", f"fcgen run {typed} --board virtual"),
        ("This page", f"fcgen report {typed}"),
    ]


def design_command(evidence: Evidence) -> str:
    """Return the command that writes the same Verilog and images to a folder beside the design."""
    manifest, foldings = evidence.design.manifest, evidence.schedule.foldings
    options = manifest.options
    directory = evidence.directory.rstrip("/")
    words = ["fcgen", "compile", f"{directory}/reference.json", "--device", manifest.device]
    words += ["--pe", ",".join(str(one.pe) for one in foldings)]
    words += ["--simd", ",".join(str(one.simd) for one in foldings)]
    words += ["--output-lanes", str(foldings[-1].output_lanes)]
    words += ["--pack", options.pack, "--soft-macs", str(options.soft_macs)]
    words += ["--name", manifest.name, "--seed", str(manifest.seed)]
    words += ["--prefix", manifest.prefix] if manifest.prefix else []
    end = evidence.network.end
    words += [] if end.kind == "values" else ["--end", end.kind]
    words += ["--top-k", str(end.count)] if end.kind == "top_k" else []
    words += ["--probability-bits", str(end.bits)] if end.kind == "softmax" else []
    return shlex.join([*words, "-o", f"{directory}-again"])
