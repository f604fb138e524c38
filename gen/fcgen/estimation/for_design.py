"""Estimates of a design on disk, and of a layer that was not written."""

from __future__ import annotations

from fcgen import devices
from fcgen.design.design import Design, whole
from fcgen.devices.device import MappingOptions
from fcgen.errors import bad_input
from fcgen.estimation.estimate import Estimate, estimate
from fcgen.network.dense_layer import DenseLayer
from fcgen.network.network import Network
from fcgen.schedule.folding import Folding
from fcgen.schedule.schedule import Schedule
from fcgen.synthesis.for_design import device_of, speed_of


def estimate_design(
    design: Design, device: str | None = None, speed: str | None = None
) -> Estimate:
    """Estimate a design on a device of the family that it is mapped to.

    Parameters
    ----------
    design : Design
    device : str, optional
        Default that of the design's mapping.
    speed : str, optional
        Speed grade, default the family's first.

    Raises
    ------
    InputError
        When it is mapped to no device, or an option does not fit.
    """
    _, own = devices.find(design.manifest.device)
    if not own.luts:
        rule = "its parts are mapped to no device"
        remedy = "write it with --device, or estimate SHAPE M with --device"
        raise bad_input(design.directory, own.name, rule, remedy)
    family, part = device_of(design, device)
    grade = speed_of(family, part, speed)
    return estimate(design.network, design.schedule, design.mappings, family, part, grade)


def estimate_layer(
    layer: DenseLayer,
    folding: Folding,
    device: str,
    speed: str | None = None,
    options: MappingOptions = devices.DEFAULT,
) -> Estimate:
    """Estimate a layer as if it were written.

    Parameters
    ----------
    layer : DenseLayer
    folding : Folding
    device : str
    speed : str, optional
        Speed grade, default the family's first.
    options : MappingOptions
        ``--pack`` and ``--soft-macs``.

    Raises
    ------
    InputError
        When an option does not fit, or there are no figures for the device.
    """
    return estimate_network(*whole(layer, folding), device, speed, options)


def estimate_network(
    network: Network,
    schedule: Schedule,
    device: str,
    speed: str | None = None,
    options: MappingOptions = devices.DEFAULT,
) -> Estimate:
    """Estimate a network as if it were written; see `estimate_layer`."""
    family, part = devices.find(device)
    if not part.luts:
        rule = "is no device that can be synthesised for"
        raise bad_input("--device", device, rule, "name one, such as ecp5-85k")
    mappings = devices.mappings(device, network, schedule, options)
    grade = speed_of(family, part, speed)
    return estimate(network, schedule, mappings, family, part, grade)
