# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of scopes at their addresses, which the settings name and nobody else."""

from __future__ import annotations

import asyncio

import httpx

from graph.wikimedia.action_api import ActionApi
from graph.wikimedia.scopes import pagepile
from graph.wikimedia.scopes.download import PATIENCE, Service
from graph.wikimedia.scopes.pagepile import PagePile
from graph.wikimedia.scopes.petscan import PetScan
from graph.wikimedia.scopes.resolver import WikimediaScopes


def sources(
    client: httpx.AsyncClient,
    slots: asyncio.Semaphore,
    user_agent: str,
    action_api: str,
    petscan_url: str,
    pagepile_url: str,
    *,
    patience: float = PATIENCE,
) -> WikimediaScopes:
    """Where scopes are read: the wikis at ``action_api``, and both services at their addresses without a last slash.

    ``slots`` bounds the questions to wikis that are in flight in the whole process; ``patience`` is for PetScan.
    """
    found = Service(client, f"{petscan_url}/", user_agent, name="PetScan", patience=patience)
    piled = Service(
        client, f"{pagepile_url}/api.php", user_agent, name="PagePile", patience=min(patience, pagepile.PATIENCE)
    )
    return WikimediaScopes(ActionApi(client, action_api, user_agent, slots), PetScan(found), PagePile(piled))
