"""The whole page: sections in order, through the template, as one text."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

from fcgen.report import (
    accuracy,
    bitstream,
    blocks,
    certificate,
    checks,
    critical_path,
    inference,
    model,
    pipeline,
    ranges,
    repeat,
    resources,
    roofline,
    verdict,
)
from fcgen.report.content import Section
from fcgen.report.evidence import Evidence
from fcgen.report.wording import extent, printable

SECTIONS: tuple[Callable[[Evidence], Section], ...] = (
    accuracy.section,
    roofline.section,
    model.section,
    resources.section,
    pipeline.section,
    ranges.section,
    critical_path.section,
    inference.section,
    blocks.section,
    checks.section,
    certificate.section,
    repeat.section,
)


def page(evidence: Evidence) -> str:
    """Return the page as HTML, complete in itself."""
    package = files(__package__)
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_written,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["extent"] = extent
    template = environment.from_string((package / "page.html.jinja").read_text("utf-8"))
    state, sentence = verdict.headline(evidence)
    sections = [section(evidence) for section in SECTIONS]
    if evidence.bitstream is not None:
        sections.insert(0, bitstream.section(evidence.bitstream))
    return template.render(
        style=Markup((package / "page.css").read_text("utf-8")),
        title=evidence.network.name,
        subtitle=_subtitle(evidence),
        state=state,
        sentence=sentence,
        tiles=verdict.tiles(evidence),
        sections=sections,
        notes=evidence.design.notes,
    )


def _subtitle(evidence: Evidence) -> str:
    network = evidence.network
    widths = [network.inputs, *(layer.outputs for layer in network.layers)]
    formats = sorted({layer.weight_format.name for layer in network.layers})
    device = evidence.device.name if evidence.device else "no device"
    return (
        f"{' → '.join(f'{width:,}' for width in widths)}, {' and '.join(formats)} weights, "
        f"{network.parameters:,} parameters, on {device}"
    )


def _written(value: Any) -> Any:
    """Return what the template writes for a value: markup as it is, texts printable."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
