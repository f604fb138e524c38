"""Words of lines for people."""


def count(number: int, noun: str, plural: str = "s") -> str:
    """Return a number with its noun, which takes the ending ``plural`` unless it is one."""
    return f"{number:,} {noun}{'' if number == 1 else plural}"
