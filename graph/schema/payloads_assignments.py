# SPDX-License-Identifier: GPL-3.0-or-later
"""What mutations of assignments and available articles answer."""

from __future__ import annotations

from graph import programs as nouns
from graph.resolvers import organizing_assignments as organizing
from graph.schema.fields import described, said
from graph.schema.payloads import ProgramPayload
from graph.schema.types_assignments import Assignment, OfferedLine
from graph.schema.types_program import Program


@described
class AssignmentPayload(ProgramPayload):
    """The assignment, and its program."""

    assignment: Assignment | None = said("The assignment as it is now; null where it was ended.", default=None)

    @classmethod
    def made(cls, value: tuple[nouns.Program, nouns.Assignment | None]) -> AssignmentPayload:
        """The answer of success."""
        program, assignment = value
        shown = None if assignment is None else Assignment.of(assignment)
        return cls(program=Program.of(program), assignment=shown)


@described
class AvailableArticlesPayload(ProgramPayload):
    """The program whose available articles changed."""

    lines: list[OfferedLine] = said("What became of each different line that was pasted, in their order.", default=())

    @classmethod
    def made(cls, value: organizing.Offered) -> AvailableArticlesPayload:
        """The answer; some of the lines may be refused."""
        return cls(program=Program.of(value.program), lines=[OfferedLine.of(line) for line in value.lines])
