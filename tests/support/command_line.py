"""Run the program as a user does, inside the test's process."""

from dataclasses import dataclass

from fcgen.cli import main


@dataclass(frozen=True)
class Outcome:
    """Exit code and output of one call."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that says what is wrong."""
        lines = [line for line in self.err.splitlines() if line.startswith("fcgen: error: ")]
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("fcgen: error: ")


def run(capsys, *words: object) -> Outcome:
    capsys.readouterr()
    code = main([str(word) for word in words])
    return Outcome(code, *capsys.readouterr())
