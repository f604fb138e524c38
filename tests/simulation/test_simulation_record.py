import json

import pytest

from command_line import run
from designs import write_small
from fcgen.errors import InputError
from fcgen.report.simulations import records
from fcgen.simulation.record import folder_of


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("records") / "design")


@pytest.fixture
def record(made, capsys):
    assert run(capsys, "simulate", made.directory, "--engine", "amaranth", "--vectors", 4).code == 0
    return folder_of(made.design) / "amaranth.json"


def test_a_simulation_leaves_its_record_beside_the_design(made, record):
    before = sorted(path.name for path in made.directory.iterdir())
    (found,), others = records(made.design)
    assert not others
    assert (found.engine, found.checked, found.given, found.netlist) == (
        "amaranth",
        True,
        False,
        False,
    )
    assert (found.vectors, found.mismatches) == (4, 0)
    assert found.outputs == 4 * made.layer.outputs
    assert found.initiation_interval == made.design.initiation_interval
    assert found.output_cycles[-1] == made.design.latency
    assert sorted(path.name for path in made.directory.iterdir()) == before


def test_the_record_knows_the_values_that_were_seen(made, record):
    (found,), _ = records(made.design)
    inputs, outputs = found.seen
    low, high = made.layer.activation_format.minimum, made.layer.activation_format.maximum
    assert (inputs.least, inputs.most) == (low, high)
    assert outputs.least < outputs.most


def test_a_disturbed_run_says_nothing_of_cycles(made, capsys):
    run(capsys, "simulate", made.directory, "--engine", "amaranth", "--vectors", 2, "--stall", 0.5)
    (found,), _ = records(made.design)
    assert found.initiation_interval is None
    assert found.output_cycles == ()


def test_a_record_of_another_design_is_told_apart(made, record):
    values = json.loads(record.read_text())
    record.write_text(json.dumps(values | {"manifest": "0" * 64}))
    assert records(made.design) == ([], [record])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vectors", 0),
        ("engine", 5),
        ("initiation_interval", "often"),
        ("initiation_interval", 1e300),
        ("output_cycles", [1, 2.5]),
        ("output_cycles", [1, 10**30]),
        ("seen", [[1, 1 << 63]]),
        ("seen", [[1]]),
        ("seen", {}),
    ],
)
def test_a_damaged_record_is_one_line_with_the_file_and_the_field(field, value, made, record):
    values = json.loads(record.read_text())
    record.write_text(json.dumps(values | {field: value}))
    with pytest.raises(InputError, match=f"^{record}: {field}: .*simulate again$|make the dir"):
        records(made.design)
    record.unlink()


def test_where_the_record_cannot_be_kept_the_simulation_says_so_and_is_done(made, capsys):
    folder = folder_of(made.design)
    for path in folder.glob("*"):
        path.unlink()
    folder.rmdir()
    folder.touch()
    found = run(capsys, "simulate", made.directory, "--engine", "reference")
    folder.unlink()
    assert found.code == 0
    assert "not kept for the report" in found.err
