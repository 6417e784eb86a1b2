# SPDX-License-Identifier: GPL-3.0-or-later
"""The organizers' console: everything that the API lets somebody do, in a browser."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import BaseRoute

from graph.web.console.account import account_routes
from graph.web.console.admin import admin_routes
from graph.web.console.articles import article_routes
from graph.web.console.assignments import assignment_routes
from graph.web.console.campaigns import campaign_routes
from graph.web.console.day import day_routes
from graph.web.console.desk import Desk
from graph.web.console.my import my_routes
from graph.web.console.organizations import organization_routes
from graph.web.console.people import people_routes
from graph.web.console.programs import program_routes
from graph.web.console.sessions import session_routes

__all__ = ["console_routes"]


def console_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of all its pages."""
    areas: tuple[Callable[[Desk], list[BaseRoute]], ...] = (
        my_routes,
        program_routes,
        session_routes,
        day_routes,
        admin_routes,
        people_routes,
        article_routes,
        assignment_routes,
        campaign_routes,
        organization_routes,
        account_routes,
    )
    return [route for area in areas for route in area(desk)]
