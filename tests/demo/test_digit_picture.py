import numpy as np

from fcgen.demo.digit_picture import BAR, draw


def drawn(image, scores) -> list[str]:
    return draw(np.array(image), np.array(scores))


def test_a_picture_has_a_row_for_each_score_and_a_frame():
    lines = drawn(np.zeros((8, 8), np.uint8), range(10))
    assert len(lines) == 10
    assert "┌────────────────┐" in lines[0]
    assert "└────────────────┘" in lines[9]


def test_shades_go_from_empty_to_full():
    assert drawn([[0, 4, 8, 12, 16]], [1, 2, 3])[1].startswith("  │  ░░▒▒▓▓██│")


def test_the_faintest_pixel_is_seen():
    assert "░░" in drawn([[1, 16]], [0])[1]


def test_an_empty_image_is_drawn_empty():
    assert drawn([[0, 0]], [0])[1] == "  │    │"


def test_the_longest_bar_is_that_of_the_largest_magnitude():
    lines = drawn([[0]], [-128, 64, 0])
    assert lines[0].endswith("█" * BAR + "│")
    assert lines[1].endswith("│" + "█" * (BAR // 2) + " <")
    assert lines[2].endswith("│")


def test_the_first_of_equal_highest_scores_is_marked():
    assert [line.endswith("<") for line in drawn([[0]], [5, 7, 7])] == [False, True, False]


def test_scores_of_zero_have_no_bars():
    assert not any("█" in line for line in drawn([[0]], [0, 0, 0]))


def test_more_scores_than_rows_are_all_drawn():
    lines = drawn([[0]], range(6))
    assert len(lines) == 6
    assert [line.split("│")[-2].split()[-2:] for line in lines[3:]] == [
        ["3", "3"],
        ["4", "4"],
        ["5", "5"],
    ]
