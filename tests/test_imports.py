"""Which part may know which: read from the sources, as imports in functions count too."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import fcgen
from fcgen.cli import COMMANDS

PACKAGE = Path(fcgen.__file__).parent
CROWD, ROOT_MODULES = 24, 12
"""Modules in one folder, at most; a command has one each."""


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(tree: ast.AST, *, typed: bool = False) -> set[str]:
    """Modules of the package that a piece of source imports when it runs, or for types as well."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if is_type_checking(node) and not typed:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name in SOURCES}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & set(SOURCES)
            names |= inside
            if node.module in SOURCES and len(inside) < len(node.names):
                names.add(node.module)
        names |= imported(node, typed=typed)
    return names


IMPORTS = {name: imported(ast.parse(path.read_text())) for name, path in SOURCES.items()}


def reached(start: str) -> set[str]:
    """All modules that a module needs, its own included."""
    found, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += IMPORTS[name]
    return found


def below(*packages: str) -> list[str]:
    return [n for n in SOURCES if any(n == p or n.startswith(f"{p}.") for p in packages)]


def test_the_sources_are_found():
    assert "fcgen.hardware.layer.layer" in IMPORTS["fcgen.design.files"]
    assert "fcgen.errors" in IMPORTS["fcgen.network.dense_layer"]


@pytest.mark.parametrize("typed", [False, True])
def test_no_circle_of_imports(typed):
    graph = {
        name: imported(ast.parse(path.read_text()), typed=typed) - {"fcgen"}
        for name, path in SOURCES.items()
        if name != "fcgen"
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("name", below("fcgen.hardware"))
def test_hardware_knows_neither_the_reference_nor_what_is_made_of_it(name):
    forbidden = below(
        "fcgen.network.reference",
        "fcgen.design.verilog",
        "fcgen.design.design",
        "fcgen.simulation.engines",
    )
    forbidden += below(
        "fcgen.design.emission",
        "fcgen.simulation.simulate",
        "fcgen.synthesis",
        "fcgen.cli.commands",
    )
    assert not reached(name) & set(forbidden)


def test_the_reference_knows_no_hardware():
    assert not reached("fcgen.network.reference") & set(
        below("fcgen.hardware", "fcgen.schedule.folding")
    )


@pytest.mark.parametrize(
    "name", below("fcgen.design.verilog", "fcgen.design.emission", "fcgen.tools.yosys")
)
def test_the_emitter_knows_no_network(name):
    forbidden = below(
        "fcgen.network.dense_layer",
        "fcgen.network.reference",
        "fcgen.schedule.folding",
        "fcgen.design.design",
    )
    # Through its memories' texts it meets the hardware's package, not the other way round.
    assert not IMPORTS[name] & set(forbidden)


ORDER = (
    *("errors", "text", "files", "tools", "numerics", "network", "load", "quantization"),
    *("certification", "schedule", "hardware", "devices", "design", "synthesis", "estimation"),
    *("folding", "summary", "simulation", "boards", "host", "report", "accelerator", "compile"),
    *("regression", "explore", "demo", "cli", "__main__"),
)
"""Packages and modules of the root, in the order in which data flows."""


def place(name: str) -> int:
    """Return where a module stands in the order; the root itself imports nothing early."""
    return ORDER.index(name.split(".")[1]) if "." in name else -1


@pytest.mark.parametrize("package", ORDER)
def test_imports_go_down_the_order_or_stay_in_their_package(package):
    upwards = [
        f"{name} imports {other}"
        for name in below(f"fcgen.{package}")
        for other in IMPORTS[name]
        if place(other) > place(name)
    ]
    assert not upwards


def test_every_package_has_its_place_in_the_order():
    assert {name.split(".")[1] for name in SOURCES if "." in name} == set(ORDER)


def test_no_package_is_a_crowd():
    folders = {path.parent for path in SOURCES.values()}
    crowds = {folder.name: len(list(folder.glob("*.py"))) for folder in folders}
    assert {name for name, count in crowds.items() if count > CROWD} == {"commands"}
    assert crowds["fcgen"] <= ROOT_MODULES


def loaded_by(code: str) -> set[str]:
    """Packages that a fresh Python has loaded after some code."""
    script = f"{code}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"numpy", "amaranth", "cocotb", "rich", "scipy"}


def test_help_loads_nothing_heavy():
    loaded = loaded_by("from fcgen.cli import main; assert main(['--help']) == 0")
    assert "click" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_loads_nothing_heavy(command):
    loaded = loaded_by(f"from fcgen.cli import main; assert main(['{command}', '--help']) == 0")
    assert not loaded & HEAVY


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_by("import fcgen; fcgen.__version__") & HEAVY


@pytest.mark.parametrize("name", sorted(fcgen._HOMES))
def test_a_name_of_the_package_leads_to_its_module(name):
    home = __import__(f"fcgen.{fcgen._HOMES[name]}", fromlist=[name])
    assert getattr(fcgen, name) is getattr(home, name)


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'fcgen' has no attribute 'nothing'$"):
        fcgen.nothing  # noqa: B018


def test_the_names_of_the_package_are_listed():
    assert {"__version__", "open", "make_layer"} <= set(dir(fcgen))
