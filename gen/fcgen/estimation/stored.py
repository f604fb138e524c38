"""An estimate as a file of a design, where choosing its folding has made one already."""

from __future__ import annotations

from typing import Any

from fcgen import devices
from fcgen.devices.device import Cap, Usage
from fcgen.errors import bad_input
from fcgen.estimation.estimate import Estimate
from fcgen.files import document
from fcgen.synthesis.fit import DoesNotFit
from fcgen.synthesis.result import Work

ESTIMATE = "estimate.json"


def text(estimate: Estimate) -> str:
    """Return the JSON text of an estimate."""
    work, cap = estimate.work, estimate.cap
    return document.dump(
        {
            "device": estimate.device.name,
            "speed": estimate.speed,
            "usage": vars(estimate.usage),
            "layers": [vars(usage) for usage in estimate.layers],
            "work": work and vars(work),
            "fmax_mhz": estimate.fmax_capped_mhz,
            "cap": cap and vars(cap),
            "excess": "" if estimate.excess is None else str(estimate.excess),
        }
    )


def read(content: str | bytes, source: str, layers_in_all: int) -> Estimate:
    """Read what `text` gave of a network with so many layers.

    Raises
    ------
    InputError
        One line that names ``source`` and the field.
    """
    fields = document.Fields(document.load(content, source), source)
    _, device = devices.find(fields.text("device"))
    speed, excess = fields.text("speed"), fields.text("excess")
    usage = _usage(fields.object("usage"))
    layers = tuple(_usage(layer) for layer in fields.objects("layers"))
    if len(layers) != layers_in_all:
        rule = f"the network has {layers_in_all}"
        raise bad_input(f"{source}: layers", len(layers), rule, document.REMEDY)
    mhz, work, cap = fields.number("fmax_mhz"), fields.object("work"), fields.optional("cap")
    fields.finish()
    if mhz is not None and mhz <= 0:
        raise bad_input(f"{source}: fmax_mhz", mhz, "must be positive", document.REMEDY)
    limit = None
    if cap is not None:
        least = cap.number("mhz")
        if least is None or (mhz or 0) > least:
            raise bad_input(f"{source}: cap", least, "limits the clock", document.REMEDY)
        limit = Cap(least, cap.text("reason"))
    return Estimate(
        device=device,
        speed=speed,
        usage=usage,
        work=_work(work),
        versions={},
        fmax_mhz=() if mhz is None else (mhz,),
        cap=limit,
        excess=DoesNotFit(excess) if excess else None,
        layers=layers,
    )


def _work(fields: document.Fields) -> Work:
    names = ("macs", "initiation_interval", "latency", "macs_per_dsp")
    return Work(**_integers(fields, *names, minimum=1))


def _usage(fields: document.Fields) -> Usage:
    return Usage(**_integers(fields, "lut", "ff", "dsp", "ram", "scratchpad"))


def _integers(fields: document.Fields, *names: str, minimum: int = 0) -> dict[str, Any]:
    found = {name: fields.integer(name, minimum) for name in names}
    fields.finish()
    return found
