"""Names of layers as Verilog identifiers."""

from fcgen.network.instance_names import instance_names
from network_examples import network


def names_of(*names):
    return instance_names(network(*([2] * (len(names) + 1)), names=list(names)))


def test_legal_names_stay():
    assert names_of("fc1", "Dense_2", "x") == ("fc1", "Dense_2", "x")


def test_keywords_ports_and_what_is_no_identifier_become_numbers():
    given = ("module", "1st", "a-b", "in_valid", "clk", "", "a" * 41, "ok; endmodule")
    assert names_of(*given) == tuple(f"layer_{number}" for number in range(1, 9))


def test_names_that_differ_in_case_alone_or_not_at_all_are_told_apart():
    assert names_of("fc", "FC", "fc") == ("fc", "layer_2", "layer_3")


def test_a_number_that_is_taken_is_not_used_again():
    assert names_of("layer_2", "if") == ("layer_2", "layer_2_")
