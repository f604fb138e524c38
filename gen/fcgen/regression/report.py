"""Outcome of a regression run: a table, JUnit XML, what ``--json`` prints."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fcgen.text.wording import count


@dataclass(frozen=True)
class CaseResult:
    """Outcome of one case.

    Attributes
    ----------
    name, description : str
    failure : str
        What is wrong, in one line; empty when all is right.
    command : str
        Repeats the case.
    seconds : float
    """

    name: str
    description: str
    failure: str
    command: str
    seconds: float


@dataclass(frozen=True)
class RegressionReport:
    """Outcome of all cases."""

    engine: str
    results: tuple[CaseResult, ...]
    notes: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The cases that went wrong."""
        return tuple(result for result in self.results if result.failure)

    def lines(self) -> Iterator[str]:
        """Yield the table, the failures with their commands, and the sum."""
        yield from self.notes
        for result in self.results:
            state = "FAIL" if result.failure else "ok"
            yield f"{result.name:>12}  {state:4}  {result.seconds:6.1f} s  {result.description}"
        for result in self.failures:
            yield f"{result.name}: {result.failure}"
            yield f"    repeat with: {result.command}"
        failures = count(len(self.failures), "failure")
        yield f"{self.engine}: {count(len(self.results), 'case')}, {failures}"

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "engine": self.engine,
            "cases": len(self.results),
            "failures": [
                {"name": failed.name, "failure": failed.failure, "repeat": failed.command}
                for failed in self.failures
            ],
            "notes": list(self.notes),
        }

    def junit(self) -> str:
        """Return the results as JUnit XML."""
        suite = ElementTree.Element(
            "testsuite",
            name=f"fcgen regress {self.engine}",
            tests=str(len(self.results)),
            failures=str(len(self.failures)),
            errors="0",
            time=f"{sum(result.seconds for result in self.results):.3f}",
        )
        for result in self.results:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"fcgen.{self.engine}",
                name=f"{result.name}: {result.description}",
                time=f"{result.seconds:.3f}",
            )
            if result.failure:
                failure = ElementTree.SubElement(case, "failure", message=result.failure)
                failure.text = f"repeat with: {result.command}"
        ElementTree.indent(suite)
        return ElementTree.tostring(suite, "unicode", xml_declaration=True) + "\n"
