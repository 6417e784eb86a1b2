# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from graph.resolvers import deps
from tests.conftest import new_database
from tests.hostile.target import Service, served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(server_url: str, template: str) -> AsyncIterator[Service]:
    """One service for all the tests of a file: none of them harms it."""
    with new_database(server_url, template) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(deps, "MUTATIONS_A_MINUTE", 1_000_000)
        async with served(url) as running:
            yield running


@pytest.fixture(autouse=True)
def nothing_unforeseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing is logged as an error, masked or not: whatever came was foreseen."""
    yield
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def still_there(service: Service, nothing_unforeseen: None) -> AsyncIterator[None]:
    """After each test the service answers others as before."""
    yield
    answer = await service.ask("query ($slug: String!) { program(slug: $slug) { slug } }", slug=service.program["slug"])
    assert answer["data"]["program"]["slug"] == service.program["slug"]
