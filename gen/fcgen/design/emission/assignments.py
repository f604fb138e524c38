"""Assignments of wires, and their order: every value below those that it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from fcgen.design.emission.expressions import Expression


@dataclass
class Assignment:
    """A value of a wire; ``kind`` is ``assign``, or the declaration that it is made with."""

    key: str
    kind: str
    target: str
    value: Expression
    reads: set[str]

    def __str__(self) -> str:
        return f"{self.kind} {self.target} = {self.value.text};"


def ordered(assignments: list[Assignment]) -> list[Assignment]:
    """Return the assignments sorted so that every value stands below those that it is made of."""
    by_key = {assignment.key: assignment for assignment in assignments}
    done: set[str] = set()
    result: list[Assignment] = []
    for start in assignments:
        if start.key in done:
            continue
        done.add(start.key)
        stack = [(start, iter(sorted(start.reads)))]
        while stack:
            assignment, reads = stack[-1]
            below = next((key for key in reads if key in by_key and key not in done), None)
            if below is None:
                result.append(assignment)
                stack.pop()
            else:
                done.add(below)
                stack.append((by_key[below], iter(sorted(by_key[below].reads))))
    return result
