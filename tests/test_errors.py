import pytest

from fcgen.errors import CheckError, FcgenError, InputError, ToolError, bad_input, located


@pytest.mark.parametrize(("kind", "code"), [(CheckError, 1), (InputError, 2), (ToolError, 3)])
def test_each_error_has_the_exit_code_of_the_interface(kind, code):
    assert issubclass(kind, FcgenError)
    assert kind("text").exit_code == code


def test_a_message_is_one_line_whatever_text_went_in():
    assert str(InputError("one\ntwo\r\n\tthree")) == "one two three"


def test_a_value_from_outside_cannot_bring_control_characters():
    error = bad_input("w.npz", "\x1b[31mred\x00", "is odd", "change it")
    assert str(error) == "w.npz: [31mred : is odd; change it"


def test_a_long_value_is_shortened():
    message = str(bad_input("--name", "a" * 1000, "is long", "shorten it"))
    assert message == f"--name: {'a' * 77}...: is long; shorten it"


def test_the_file_is_put_in_front_of_an_error_from_inside():
    with pytest.raises(InputError) as error, located("w.npz"):
        raise bad_input("shift", 48, "is large", "lower it")
    assert str(error.value) == "w.npz: shift: 48: is large; lower it"


@pytest.mark.parametrize("subject", ["--output-scale", "w.npz: bias"])
def test_a_message_that_already_says_where_stays_as_it_is(subject):
    with pytest.raises(InputError) as error, located("w.npz"):
        raise bad_input(subject, 1, "is wrong", "correct it")
    assert str(error.value) == f"{subject}: 1: is wrong; correct it"
