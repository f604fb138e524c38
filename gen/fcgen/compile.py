"""From a model's file to a design: read, quantise, fold, emit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fcgen import accelerator, devices
from fcgen.accelerator import Accelerator
from fcgen.certification.certificate import LISTED_MAX, Certificate
from fcgen.certification.certify import certify
from fcgen.design.interface.interface import STREAM
from fcgen.devices.device import NOTHING, MappingOptions, Usage
from fcgen.folding.choice import Choice, Folder, Goal
from fcgen.load.integer_model import IntegerModel
from fcgen.load.model import Model
from fcgen.network.network import End, Network
from fcgen.quantization.accuracy import ACCURACY, Accuracy, accuracy, accuracy_of_integers
from fcgen.quantization.model import quantize
from fcgen.quantization.model_data import LabelledData, ModelData
from fcgen.quantization.options import QuantizeOptions
from fcgen.quantization.quantization import Quantization

CERTIFICATE = "certificate.json"


@dataclass(frozen=True, eq=False)
class Compiled:
    """A model that has become a design.

    Attributes
    ----------
    model : Model, IntegerModel or Network
    choice : Choice
    accelerator : Accelerator
    quantization : Quantization, optional
        Of a model of floats.
    certificate : Certificate, optional
        Of a model of integers.
    accuracy : Accuracy, optional
        Where labels were given.
    notes : tuple of str
        Lines for people: what the device is too small for.
    """

    model: Model | IntegerModel | Network
    choice: Choice
    accelerator: Accelerator
    quantization: Quantization | None = None
    certificate: Certificate | None = None
    accuracy: Accuracy | None = None
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether no certificate says that the network differs from its source."""
        return self.certificate is None or self.certificate.exact

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        accuracy = self.accuracy
        return {
            "directory": str(self.accelerator.directory),
            **self.accelerator.summary().as_dict(),
            "clock_mhz": self.choice.clock_mhz,
            "folding": list(self.choice.lines),
            "accuracy": accuracy and accuracy.as_dict(),
            "quantization": self.quantization and describe(self.quantization),
            "certificate": self.certificate and summary(self.certificate),
        }


def compile_model(
    model: Model | IntegerModel | Network,
    data: ModelData | LabelledData | None,
    out: Path,
    *,
    options: QuantizeOptions | None = None,
    end: End | None = None,
    goal: Goal | None = None,
    runtime_weights: bool = False,
    device: str = "generic",
    mapping: MappingOptions = devices.DEFAULT,
    reserve: Usage = NOTHING,
    name: str = "network",
    prefix: str = "",
    seed: int = 0,
    verilog2005: bool = False,
    interface: str = STREAM,
    accept: Callable[[Folder, Choice], None] = lambda _folder, _choice: None,
    progress: Callable[[str], None] = lambda _: None,
) -> Compiled:
    """Quantise a model, or certify one of integers; fold it, and write its design.

    Parameters
    ----------
    model : Model, IntegerModel or Network
        A network is taken as it is.
    data : ModelData or LabelledData, optional
        A model of floats needs the first; of others the second gives the accuracy.
    out : Path
        As for `fcgen.accelerator.write`.
    options : QuantizeOptions, optional
    end : End, optional
        What leaves the network.
    goal : Goal, optional
        Of the folding; default one multiplier a layer.
    runtime_weights : bool
        All trainable values can be written on the chip, as those of another training of the same
        structure; a table's entries cannot.
    reserve : Usage
        What ``--fit`` leaves free of the device.
    accept : callable
        Raises an error where the choice will not do; nothing is written then.
    device, mapping, name, prefix, seed, verilog2005, interface, progress
        As for `fcgen.accelerator.write`.

    Raises
    ------
    InputError
        For what is wrong with the model, the data or an option.
    CheckError
        When no folding meets the goal.
    """
    quantization, certificate, measured = None, None, None
    extra: dict[str, str] = {}
    if isinstance(model, Network):
        network = replace(model, end=end) if end not in (None, End()) else model
    elif isinstance(model, IntegerModel):
        progress("certifying")
        network, certificate = certify(model, end)
        extra[CERTIFICATE] = certificate.to_json()
    else:
        assert isinstance(data, ModelData)
        progress("quantising")
        quantization = quantize(model, data.calibration, options, end)
        network = quantization.network
        measured = accuracy(model, quantization, data, options)
    if isinstance(data, LabelledData):
        measured = accuracy_of_integers(network, data)
    if measured is not None:
        extra[ACCURACY] = measured.to_json()
    if runtime_weights:
        network = network.writable()
    progress("choosing the folding")
    folder = Folder(network, device, mapping, reserve)
    choice = folder.choose(goal or Goal())
    accept(folder, choice)
    known = folder.estimated(choice.schedule)
    if known is not None:
        from fcgen.estimation import stored

        extra[stored.ESTIMATE] = stored.text(known)
    made = accelerator.write(
        network,
        choice.schedule,
        out,
        name=name,
        prefix=prefix,
        device=device,
        options=mapping,
        seed=seed,
        verilog2005=verilog2005,
        interface=interface,
        extra=extra,
        progress=progress,
    )
    short = ", ".join(map(str, folder.short(choice.schedule)))
    notes = (f"{device}: {short}: the design does not fit; see fcgen estimate",) if short else ()
    return Compiled(model, choice, made, quantization, certificate, measured, notes)


def summary(certificate: Certificate) -> dict[str, Any]:
    """Return the verdict, as ``--json`` prints it."""
    return {
        "exact": certificate.exact,
        "target": certificate.target,
        "thresholds": certificate.thresholds,
        "differences": [vars(found) for found in certificate.differences[:LISTED_MAX]],
    }


def describe(quantization: Quantization) -> dict[str, Any]:
    """Return what was chosen and lost, as ``--json`` prints it."""
    return {
        "scales": list(quantization.scales),
        "input_saturated": quantization.input_saturated,
        "layers": [vars(report) for report in quantization.layers],
        "notes": [*quantization.notes, *quantization.input_notes],
    }
