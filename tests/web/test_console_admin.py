# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for admins, without JavaScript: admins, jobs that failed, and what the stream did not tell."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from graph.db import queue
from graph.db.queue import JobKind
from tests.web.visiting import Place, Visitor, forms, number_of, words

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADMINS = frozenset({"Root"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def root(place: Place) -> AsyncIterator[Visitor]:
    async with place.visitor("Root") as visitor:
        yield visitor


async def dead_letter(place: Place, program: object, kind: JobKind = JobKind.RECONCILE) -> None:
    """A job that failed too often."""
    async with place.pool.acquire() as conn, conn.transaction():
        await queue.enqueue(conn, kind, number_of(program))
        await conn.execute(
            "UPDATE jobs.pgqueuer SET status = 'failed' WHERE entrypoint LIKE $1", f"%{number_of(program)}"
        )


async def test_for_everybody_else_there_is_no_such_page(place: Place, root: Visitor) -> None:
    async with place.visitor("Amara Quill") as amara:
        await amara.get("/admin", 404)
        form = await root.form("/admin", "grant")
        token = next(form for form in forms(await amara.get("/")) if "form_token" in form.fields).fields["form_token"]
        response = await amara.send("/admin", form, form_token=token, username="Amara Quill")
        assert response.status_code == 404
        await amara.get("/admin", 404)


async def test_an_admin_is_made_and_made_one_no_more_and_that_is_undone_at_once(place: Place, root: Visitor) -> None:
    async with place.visitor("Bo Lind") as bo:
        assert "Nobody was made an admin yet." in words(await root.get("/admin"))
        said = words(await root.done("/admin", "grant", username="bo_Lind"))
        assert "There is one admin more." in said
        assert "Bo Lind" in said
        await bo.get("/admin")
        page = await root.done("/admin", "revoke")
        assert "The right is taken away." in words(page)
        await bo.get("/admin", 404)
        (undo,) = [form for form in forms(page) if form.fields.get("username") == "Bo Lind"]
        assert undo.do == "grant"
        assert (await root.send("/admin", undo)).status_code == 303
        await bo.get("/admin")
        await root.done("/admin", "revoke")


async def test_who_never_signed_in_here_cannot_be_an_admin_and_the_name_stays_in_the_field(root: Visitor) -> None:
    page = await root.refused("/admin", "grant", username="Nobody Ever")
    assert 'value="Nobody Ever"' in page
    assert 'aria-invalid="true"' in page


async def test_who_is_an_admin_by_the_settings_stays_one(root: Visitor) -> None:
    form = await root.form("/admin", "grant")
    response = await root.send("/admin", form, do="revoke", username="Root")
    assert response.status_code == 422
    assert "Root was not made an admin here; those that the settings name stay admins." in words(response.text)


async def test_a_job_that_failed_is_tried_again_or_given_up(place: Place, root: Visitor) -> None:
    program = await root.program(title="Failing <b>")
    await dead_letter(place, program)
    said = words(await root.get("/admin"))
    assert "Compares with the wikis’ lists · Failing <b>" in said
    said = words(await root.done("/admin", "retry"))
    assert "The job waits for its turn again." in said
    assert "None. Whatever failed was tried again and done." in said
    await dead_letter(place, program)
    form = await root.form("/admin", "discard")
    said = words(await root.done("/admin", "discard"))
    assert "The job is given up." in said
    assert "None. Whatever failed was tried again and done." in said
    again = await root.send("/admin", form, once="another-name-of-it")
    assert again.status_code == 422


async def test_the_stream_its_gaps_and_the_drift_are_shown(place: Place, root: Visitor) -> None:
    said = words(await root.get("/admin"))
    assert "Not connected" in said
    assert "None: the stream told of every moment." in said
    assert "0 were missing 0 counted otherwise 0 were gone from the wikis" in said
