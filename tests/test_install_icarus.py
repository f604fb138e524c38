"""The script behind ``make test``, on machines made of a few fake programs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("install_icarus.sh")
# The script asks `sh -c` to install, so the fake package manager may leave programs behind.
INSTALLING = '#!/bin/sh\necho "$@" >> {log}\n: > {bin}/iverilog; chmod +x {bin}/iverilog\n'


@pytest.fixture
def machine(tmp_path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "chmod", "true"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def add(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "sh", SCRIPT],
        env={**os.environ, "PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_an_icarus_that_is_there_is_left_alone(machine):
    for name in ("iverilog", "vvp", "apt-get"):
        add(machine, name, "#!/bin/sh\nexit 9\n")
    done = run(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_root_installs_it(machine, tmp_path):
    log = tmp_path / "log"
    add(machine, "id", "#!/bin/sh\necho 0\n")
    add(machine, "apt-get", INSTALLING.format(log=log, bin=machine))
    assert run(machine).returncode == 0
    assert log.read_text().splitlines() == ["update -qq", "install -y -qq iverilog"]


def test_sudo_installs_it(machine, tmp_path):
    log = tmp_path / "log"
    add(machine, "id", "#!/bin/sh\necho 1000\n")
    add(machine, "sudo", '#!/bin/sh\nshift\nexec "$@"\n')
    add(machine, "dnf", INSTALLING.format(log=log, bin=machine))
    assert run(machine).returncode == 0
    assert log.read_text().splitlines() == ["install -y iverilog"]


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "apt-get update -qq && apt-get install -y -qq iverilog"),
        ("dnf", "dnf install -y iverilog"),
        ("zypper", "zypper --non-interactive install iverilog"),
        ("pacman", "pacman -S --noconfirm iverilog"),
        ("apk", "apk add iverilog"),
    ],
)
def test_anybody_else_gets_the_command_and_exit_code_3(manager, command, machine):
    add(machine, "id", "#!/bin/sh\necho 1000\n")
    add(machine, manager, "#!/bin/sh\nexit 9\n")
    done = run(machine)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == (
        "Icarus Verilog is missing and could not be installed; as root, run: " + command
    )


def test_an_installation_that_fails_ends_with_3(machine):
    add(machine, "id", "#!/bin/sh\necho 0\n")
    add(machine, "apk", "#!/bin/sh\nexit 1\n")
    assert run(machine).returncode == 3
