# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever runs a program should look at, as the API shows it."""

from __future__ import annotations

from datetime import datetime

from graph.resolvers import alerts
from graph.resolvers.alerts import AlertKind
from graph.schema.fields import described, said
from graph.schema.types_content import Edit


@described
class Alert:
    """Something that happened on a wiki to what a program counts, or counted."""

    kind: AlertKind = said("What happened.")
    at: datetime = said("When the service was told.")
    edit: Edit = said("The edit that was reverted, or the newest of those that went with their page.")
    edits: int = said("How many edits it concerns.")

    @classmethod
    def of(cls, value: alerts.Alert) -> Alert:
        """The alert as the API shows it."""
        return cls(kind=value.kind, at=value.at, edit=Edit.of(value.edit), edits=value.edits)
