"""The top module of a bitstream: clock, reset and pins around a design with its serial line."""

from __future__ import annotations

from fcgen.boards.board import LEDS, Board
from fcgen.boards.pll import PllSetting
from fcgen.boards.toolchain import Toolchain
from fcgen.synthesis.pins import INSTANCE

TOP, CLOCK = "boardTop", "boardClock"
RESET_BITS = 12
"""The reset lasts 2^11 cycles after the clock is stable: block RAMs of an iCE40 need 3 us."""


def board_text(
    board: Board, tools: Toolchain, setting: PllSetting, link: str, prefix: str = ""
) -> str:
    """Return the Verilog of the board around the module of a host link.

    Parameters
    ----------
    board : Board
    tools : Toolchain
    setting : PllSetting
    link : str
        Name of the link's top module.
    prefix : str
        Of the names of both modules.
    """
    ports = [f"{'output' if pin.output else 'input'} wire {pin.port}" for pin in board.pins]
    outputs = {pin.port for pin in board.pins if pin.output}
    button = any(pin.port == "pin_button" for pin in board.pins)
    pressed = f"{'~' if board.button_low else ''}pin_button" if button else "1'b0"
    leds = [
        f"    assign pin_led_{led} = {'~' if board.leds_low else ''}led_{led};"
        for led in LEDS
        if f"pin_led_{led}" in outputs
    ]
    flash = [
        f",\n        .{pin.port.removeprefix('pin_')}({pin.port})"
        for pin in board.pins
        if pin.port.startswith("pin_flash_")
    ]
    high = [f"    assign {port} = 1'b1;" for port in sorted(outputs) if "_high_" in port]
    lines = [
        f"// {board.title}: {float(setting.hz) / 1e6:.6g} MHz from {board.clock_hz / 1e6:g} MHz",
        f"module {prefix}{TOP} (",
        ",\n".join(f"    {port}" for port in ports),
        ");",
        "    wire clk, locked;",
        f"    {prefix}{CLOCK} clock_source (.pin(pin_clock), .clk(clk), .locked(locked));",
        "",
        "    // Reset until the clock is stable and the button is released, and a while longer.",
        "    reg [1:0] steady = 2'b00;",
        f"    reg [{RESET_BITS - 1}:0] waited = {RESET_BITS}'d0;",
        f"    wire rst = ~waited[{RESET_BITS - 1}];",
        "    always @(posedge clk) begin",
        f"        steady <= {{steady[0], locked & ~{_grouped(pressed)}}};",
        "        if (!steady[1])",
        f"            waited <= {RESET_BITS}'d0;",
        "        else if (rst)",
        f"            waited <= waited + {RESET_BITS}'d1;",
        "    end",
        "",
        f"    wire {', '.join(f'led_{led}' for led in LEDS)};",
        *leds,
        *high,
        f"    {link} {INSTANCE} (",
        "        .clk(clk),",
        "        .rst(rst),",
        "        .rx(pin_rx),",
        "        .tx(pin_tx),",
        ",\n".join(f"        .led_{led}(led_{led})" for led in LEDS) + "".join(flash),
        "    );",
        "endmodule",
        "",
        tools.clock_module(board, setting, f"{prefix}{CLOCK}"),
    ]
    return "\n".join(lines)


def _grouped(text: str) -> str:
    return f"({text})" if text.startswith("~") else text
