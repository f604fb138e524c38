"""What `fcgen compile` and `fcgen build` share: the options of a model, and its design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from fcgen.cli.commands.design_options import goal_of
from fcgen.cli.commands.layer_options import mapping_of
from fcgen.cli.commands.model_options import (
    check_export,
    end_of,
    export,
    notes_of,
    quantize_options,
    read,
)

if TYPE_CHECKING:
    from fcgen.compile import Compiled
    from fcgen.devices.device import Usage
    from fcgen.folding.choice import Choice, Folder, Goal
    from fcgen.network.network import End
    from fcgen.quantization.options import QuantizeOptions
    from fcgen.text.terminal import Terminal


@dataclass(frozen=True, eq=False)
class ModelRequest:
    """A model that was read, and what the options ask of it.

    Attributes
    ----------
    options : dict
        Of the command.
    model : Model, IntegerModel or Network
    data : ModelData or LabelledData, optional
    quantizer : QuantizeOptions
    end : End
    goal : Goal
        Of the folding.
    """

    options: dict[str, Any]
    model: Any
    data: Any
    quantizer: QuantizeOptions
    end: End
    goal: Goal

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """Check the options, and read the model and its data.

        Raises
        ------
        InputError
            For what is wrong with an option or a file.
        """
        check_export(options)
        quantizer, end = quantize_options(options), end_of(options)
        model, data = read(options)
        return cls(options, model, data, quantizer, end, goal_of(options, len(model.layers)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say of the model and its data."""
        return notes_of(self.model, self.data)

    def compile(
        self,
        out: Path,
        progress: Callable[[str], None],
        *,
        reserve: Usage | None = None,
        accept: Callable[[Folder, Choice], None] = lambda _folder, _choice: None,
        **design: Any,
    ) -> Compiled:
        """Write the design; ``design`` are fields of `DesignRequest` that commands differ in.

        ``reserve`` and ``accept`` are those of `CompileRequest` and `compile_model`.
        """
        from fcgen.compile import CompileRequest, compile_model
        from fcgen.design.design_request import DesignRequest
        from fcgen.devices.device import NOTHING

        options = self.options
        named = {name: options[name] for name in ("name", "prefix", "seed")}
        request = CompileRequest(
            quantizer=self.quantizer,
            end=self.end,
            goal=self.goal,
            runtime_weights=options["runtime_weights"],
            reserve=reserve or NOTHING,
            design=DesignRequest(mapping=mapping_of(options), **named, **design),
        )
        return compile_model(self.model, self.data, out, request, accept=accept, progress=progress)

    def tell(self, terminal: Terminal, compiled: Compiled, head: Sequence[str] = ()) -> None:
        """Say what was chosen and found, after the lines of ``head``, and export where asked."""
        terminal.notes(compiled.notes)
        if compiled.quantization:
            terminal.notes(compiled.quantization.notes)
            terminal.notes(() if compiled.accuracy else compiled.quantization.input_notes)
        verdicts = [found.line() for found in (compiled.accuracy, compiled.certificate) if found]
        terminal.result([*head, *compiled.choice.lines, *verdicts])
        if compiled.quantization:
            export(self.options, compiled.quantization, self.model.input_name, terminal)
