"""What ``build.json`` says of a build: what a bitstream was made of and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fcgen.boards.bitstream import Trial, tools
from fcgen.boards.board import Board
from fcgen.boards.build_file import FORMAT
from fcgen.boards.toolchains import toolchain
from fcgen.design.design import Design
from fcgen.design.manifest import MANIFEST, hash_file
from fcgen.hardware.host.protocol import FRAME_BYTES_MIN, Info
from fcgen.synthesis.fit import shares
from fcgen.synthesis.result import NO_CAP

_BITS_A_BYTE = 10  # on the line, with start and stop


def describe(
    design: Design,
    board: Board,
    trials: list[Trial],
    bitstream: Path,
    weights: Path | None,
    seed: int,
    command: str,
) -> dict[str, Any]:
    """Return what ``build.json`` holds of a build whose last trial met its clock."""
    last, manifest = trials[-1], design.manifest
    info, setting = last.plan.info, last.setting
    chip_rate = float(setting.hz) / manifest.initiation_interval
    cap = last.cap
    return {
        "format": FORMAT,
        "board": board.name,
        "title": board.title,
        "device": board.device.name,
        "speed": board.speed,
        "part": board.part,
        "loader": board.loader,
        "bitstream": toolchain(board).bitstream,
        "bitstream_sha256": hash_file(bitstream),
        "design_manifest_sha256": hash_file(design.directory / MANIFEST),
        "structure_hash": manifest.structure_hash,
        "weights_hash": manifest.weights_hash,
        "weights_at_start": not design.written_at_start,
        "flash": weights and _flash(board, weights),
        "build_id": info.build.hex(),
        "clock_hz": info.clock_hz,
        "clock_mhz": last.mhz,
        "clock_exact_hz": str(setting.hz),
        "oscillator_hz": board.clock_hz,
        "pll": dict(setting.parameters),
        "pll_ranges": toolchain(board).ranges(board).source,
        "baud": last.rate.baud,
        "baud_error": last.rate.error,
        "fits": True,
        **vars(last.usage),
        "device_share": shares(last.usage, board.device),
        "fmax_mhz": [last.fmax_mhz],
        "fmax_capped_mhz": last.fmax_mhz,
        "fmax_cap_mhz": cap and cap.mhz,
        "fmax_cap_reason": cap.reason if cap else NO_CAP,
        "critical_path": last.path.as_dict(),
        "parts": {part: vars(usage) for part, usage in last.parts.items()},
        "trials": [{"clock_mhz": one.mhz, "fmax_mhz": one.fmax_mhz} for one in trials],
        "initiation_interval": manifest.initiation_interval,
        "latency": manifest.latency,
        "latency_us": manifest.latency / last.mhz,
        "inferences_per_second": chip_rate,
        "gmac_per_second": design.network.macs * chip_rate / 1e9,
        "line_inferences_per_second": min(chip_rate, _line_rate(info, last.rate.baud)),
        "seed": seed,
        "command": command,
        "versions": {tool.name: tool.version for tool in tools(board)},
    }


def _flash(board: Board, weights: Path) -> dict[str, Any]:
    memory = board.flash
    assert memory is not None
    return {
        "file": weights.name,
        "sha256": hash_file(weights),
        "offset": memory.offset,
        "bytes": memory.octets,
        "hz": memory.hz,
    }


def _line_rate(info: Info, baud: int) -> float:
    """Return how many vectors a second the serial line carries at most, in full frames."""

    def octets(each: int) -> float:
        return each + (FRAME_BYTES_MIN + 1) * each / info.payload_max

    return baud / _BITS_A_BYTE / max(octets(info.vector_bytes), octets(info.answer_bytes))
