import pytest

from fcgen.text.wording import count


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 cycles"), (1, "1 cycle"), (2, "2 cycles"), (12345, "12,345 cycles")]
)
def test_a_noun_is_in_the_plural_unless_there_is_one(number, text):
    assert count(number, "cycle") == text
