"""From a model's file to a design: read, quantise, fold, emit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fcgen.accelerator import Accelerator, write_request
from fcgen.certification.certificate import LISTED_MAX, Certificate
from fcgen.certification.certify import certify
from fcgen.design.design_request import DesignRequest
from fcgen.devices.device import NOTHING, Usage
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
            "quantization": self.quantization and quantization_fields(self.quantization),
            "certificate": self.certificate and verdict_fields(self.certificate),
        }


@dataclass(frozen=True)
class CompileRequest:
    """What is asked of the way from a model to its design.

    Attributes
    ----------
    quantizer : QuantizeOptions, optional
        Of a model of floats.
    end : End, optional
        What leaves the network.
    goal : Goal
        Of the folding; default one multiplier a layer.
    runtime_weights : bool
        All trainable values can be written on the chip, as those of another training of the same
        structure; a table's entries cannot.
    reserve : Usage
        What ``--fit`` leaves free of the device.
    design : DesignRequest
        Names, device and files.
    """

    quantizer: QuantizeOptions | None = None
    end: End | None = None
    goal: Goal = field(default_factory=Goal)
    runtime_weights: bool = False
    reserve: Usage = NOTHING
    design: DesignRequest = field(default_factory=lambda: DesignRequest("network"))


def compile_model(
    model: Model | IntegerModel | Network,
    data: ModelData | LabelledData | None,
    out: Path,
    request: CompileRequest,
    *,
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
        Missing, empty, or a design of ours, which is replaced.
    request : CompileRequest
    accept : callable
        Raises an error where the choice will not do; nothing is written then.
    progress : callable
        Gets a line before each step.

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
        network = replace(model, end=request.end) if request.end not in (None, End()) else model
    elif isinstance(model, IntegerModel):
        progress("certifying")
        network, certificate = certify(model, request.end)
        extra[CERTIFICATE] = certificate.to_json()
    else:
        assert isinstance(data, ModelData)
        progress("quantising")
        quantization = quantize(model, data.calibration, request.quantizer, request.end)
        network = quantization.network
        measured = accuracy(model, quantization, data, request.quantizer)
    if isinstance(data, LabelledData):
        measured = accuracy_of_integers(network, data)
    if measured is not None:
        extra[ACCURACY] = measured.to_json()
    if request.runtime_weights:
        network = network.writable()
    progress("choosing the folding")
    design = request.design
    folder = Folder(network, design.device, design.mapping, request.reserve)
    choice = folder.choose(request.goal)
    accept(folder, choice)
    known = folder.estimated(choice.schedule)
    if known is not None:
        from fcgen.estimation import stored

        extra[stored.ESTIMATE] = stored.text(known)
    made = write_request(network, choice.schedule, out, design, extra, progress)
    short = ", ".join(map(str, folder.short(choice.schedule)))
    notes = (
        (f"{design.device}: {short}: the design does not fit; see fcgen estimate",) if short else ()
    )
    return Compiled(model, choice, made, quantization, certificate, measured, notes)


def verdict_fields(certificate: Certificate) -> dict[str, Any]:
    """Return the verdict, as ``--json`` prints it."""
    return {
        "exact": certificate.exact,
        "target": certificate.target,
        "thresholds": certificate.thresholds,
        "differences": [vars(found) for found in certificate.differences[:LISTED_MAX]],
    }


def quantization_fields(quantization: Quantization) -> dict[str, Any]:
    """Return what was chosen and lost, as ``--json`` prints it."""
    return {
        "scales": list(quantization.scales),
        "input_saturated": quantization.input_saturated,
        "layers": [vars(report) for report in quantization.layers],
        "notes": [*quantization.notes, *quantization.input_notes],
    }
