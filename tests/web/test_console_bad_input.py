# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input through the forms of the console: each gets a typed answer, what was typed stays, and nothing runs."""

from __future__ import annotations

import asyncio
import html
import re
from typing import Any

import pytest
import pytest_asyncio

from tests.web.hostile_texts import HOSTILE
from tests.web.visiting import Place, forms, words

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = "/programs/{slug}/manage"
# The forms into which people type, and the fields they type into.
TYPED: dict[tuple[str, str], tuple[str, ...]] = {
    ("/create/program", "create"): ("title", "institution", "term", "description", "wikis", "trackingStart", "zone"),
    ("/create/campaign", "create"): ("title", "description", "template", "passcode", "start"),
    ("/create/organization", "create"): ("name", "description", "coordinators"),
    ("/admin", "grant"): ("username",),
    ("/my/account", "token"): ("name",),
    (RUN, "make-token"): ("name",),
    (f"{RUN}/details", "details"): ("title", "description", "wikis", "trackingEnd", "zone"),
    (f"{RUN}/clone", "clone"): ("title", "term", "trackingStart"),
    (f"{RUN}/sessions", "create"): ("title", "venue", "start", "end", "coordinators"),
    (f"{RUN}/people", "add"): ("names",),
    (f"{RUN}/people", "passcode"): ("passcode",),
    (f"{RUN}/people", "lead"): ("name",),
    (f"{RUN}/articles/assigned", "assign"): ("username", "title"),
    (f"{RUN}/articles/assigned", "offer"): ("articles",),
    ("/campaigns/{campaign}/manage", "details"): ("title", "description", "template", "end"),
    ("/campaigns/{campaign}/manage", "add-organizer"): ("username",),
}
# The fields that decide which thing a form is about: what they name must be there, and be of the right kind.
NAMED: dict[tuple[str, str], tuple[str, ...]] = {
    (RUN, "newest"): ("exclude", "include", "hide", "show"),
    (RUN, "revoke-token"): ("token",),
    ("/admin", "retry"): ("job",),
    ("/admin", "discard"): ("job",),
    ("/my/account", "revoke"): ("token",),
}
# Pasted names are kept one a line, without those that were added.
PIECEWISE = {(f"{RUN}/people", "add")}
WRONG = ("", "x" * 10_000, *HOSTILE)
RUNS = re.compile(r"<script>alert|<img src=x|<svg/onload|onerror=\"alert")
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0\ufffe\uffff\U0001fffe]")
ADMINS = frozenset(f"Admin {number}" for number in range(len(TYPED) + 2))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def addresses(place: Place) -> dict[str, str]:
    """What stands in the addresses."""
    async with place.visitor("Admin 0") as admin:
        program = await admin.program(title="Bad input")
        made = await admin.change("createCampaign", "campaign { slug }", title="Bad campaign")
        return {"slug": program["slug"], "campaign": made["campaign"]["slug"]}


@pytest.mark.parametrize(("path", "do"), TYPED)
async def test_whatever_is_typed_is_taken_or_refused_beside_it_and_never_runs(
    place: Place, addresses: dict[str, str], path: str, do: str
) -> None:
    address = path.format(**addresses)
    async with place.visitor(f"Admin {1 + list(TYPED).index((path, do))}") as admin:
        form = await admin.form(address, do)
        assert set(TYPED[path, do]) <= form.fields.keys()
        for number, text in enumerate(WRONG):
            fields = {"do": do, **dict.fromkeys(TYPED[path, do], text)}
            response = await admin.send(address, form, **fields, once=f"wrong-{number}-{do}")
            assert response.status_code in (200, 303, 422), (text, response.status_code, words(response.text)[:300])
            assert RUNS.search(response.text) is None, text
            if response.status_code == 422:
                assert 'role="alert"' in response.text or 'class="outcome"' in response.text, text[:50]
                if (path, do) not in PIECEWISE and not HIDDEN.search(text):
                    assert html.escape(text.strip()) in response.text.replace("&#34;", "&quot;").replace(
                        "&#39;", "&#x27;"
                    )
        assert RUNS.search(await admin.get(address)) is None


@pytest.mark.parametrize(("path", "do"), NAMED)
async def test_ids_of_another_kind_of_nothing_and_of_somebody_elses_are_refused(
    place: Place, addresses: dict[str, str], path: str, do: str
) -> None:
    address = path.format(**addresses)
    async with place.visitor("Admin 0") as admin, place.visitor("Somebody else") as other:
        strange = (await other.program(title=f"Strange to {do} {len(path)}"))["id"]
        page = await admin.get(address)
        token = next(form.fields["form_token"] for form in forms(page) if "form_token" in form.fields)
        for number, name in enumerate(NAMED[path, do]):
            for text in ("", "x", strange, "UHJvZ3JhbTox", "x" * 10_000, HOSTILE[0]):
                fields = {"do": do, "form_token": token, "once": f"named-{number}-{len(text)}-{do}", name: text}
                response = await admin.send(address, None, **fields)
                assert response.status_code in (404, 422), (name, text, response.status_code)


async def test_no_list_of_articles_is_added_whatever_is_typed_for_it(place: Place, addresses: dict[str, str]) -> None:
    address = f"{RUN}/articles".format(**addresses)
    async with place.visitor("Admin 0") as admin:
        page = await admin.get(address)
        token = next(form.fields["form_token"] for form in forms(page) if "form_token" in form.fields)
        for number, text in enumerate(WRONG):
            fields = {"do": "add", "form_token": token, "once": f"wrong-{number}-scope", "kind": "CATEGORY"}
            response = await admin.send(address, None, **fields, value="Moss", wiki=text, depth=text)
            assert (response.status_code, RUNS.search(response.text)) == (422, None), text
            looked = await admin.http.get(address, params={"look": "1", "kind": text, "value": text, "depth": text})
            assert (looked.status_code, RUNS.search(looked.text)) == (200, None), text
    assert await place.pool.fetchval("SELECT count(*) FROM scope") == 0


async def test_dates_reversed_or_years_apart_and_unknown_wikis_are_said_beside_their_fields(place: Place) -> None:
    async with place.visitor("Admin 0") as admin:
        usual = {"title": "Dates", "institution": "Library", "zone": "UTC", "wikis": "enwiki"}
        for start, end, field in (
            ("2026-12-03T10:00", "2026-12-02T10:00", "trackingEnd"),
            ("2026-12-03T10:00", "2099-12-03T10:00", "trackingEnd"),
            ("2026-13-03T10:00", "2026-12-03T10:00", "trackingStart"),
        ):
            page = await admin.refused("/create/program", "create", **usual, trackingStart=start, trackingEnd=end)
            assert f'id="create-{field}-fault"' in page, (start, end)
            assert f'value="{start}"' in page
        page = await admin.refused("/create/program", "create", **{**usual, "wikis": "nowiki9"})
        assert 'id="create-wikis-fault"' in page


BODIES: dict[str, tuple[bytes, str, int]] = {
    "three megabytes": (b"do=create&title=" + b"x" * 3_000_000, "application/x-www-form-urlencoded", 413),
    "five hundred fields": (b"&".join(b"f%d=1" % n for n in range(500)), "application/x-www-form-urlencoded", 400),
    "no UTF-8": (b"do=create&title=\xff\xfe", "application/x-www-form-urlencoded", 400),
    "JSON": (b'{"do": "create"}', "application/json", 415),
    "files": (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
    "nothing": (b"", "application/x-www-form-urlencoded", 400),
    "a form that is not there": (b"do=erase-everything", "application/x-www-form-urlencoded", 400),
}


@pytest.mark.parametrize("body", BODIES)
async def test_what_is_no_form_of_the_page_is_refused_at_once(place: Place, body: str) -> None:
    content, kind, status = BODIES[body]
    async with place.visitor("Admin 0") as admin:
        before = await place.pool.fetchval("SELECT count(*) FROM program")
        sent = {"origin": place.home.url, "content-type": kind}
        response = await admin.http.post("/create/program", content=content, headers=sent)
        assert response.status_code == status
        assert await place.pool.fetchval("SELECT count(*) FROM program") == before


async def test_a_form_that_is_sent_again_while_it_is_being_taken_is_taken_once(place: Place) -> None:
    async with place.visitor("Admin 0") as admin:
        form = await admin.form("/create/program", "create")
        sent = [admin.send("/create/program", form, title="Pressed often", institution="L") for _ in range(6)]
        answers = await asyncio.gather(*sent)
        assert {(each.status_code, each.headers.get("location")) for each in answers} == {
            (303, answers[0].headers["location"])
        }
        assert await place.pool.fetchval("SELECT count(*) FROM program WHERE title = 'Pressed often'") == 1


async def test_a_sign_in_that_ended_while_typing_loses_nothing(place: Place) -> None:
    typed: dict[str, Any] = {
        "title": "Typed for an hour",
        "institution": 'Library <"&>',
        "description": "One\r\nTwo",
        "zone": "Asia/Kolkata",
    }
    async with place.visitor("Admin 0") as admin:
        form = await admin.form("/create/program", "create")
        await admin.http.post(
            "/sign-out", data={"form_token": form.fields["form_token"]}, headers={"origin": place.home.url}
        )
        response = await admin.send("/create/program", form, **typed)
        assert response.status_code == 401
        assert "You were signed out meanwhile" in words(response.text)
        (kept,) = [form for form in forms(response.text) if form.do == "create"]
        assert {name: kept.fields[name].replace("\r\n", "\n") for name in typed} == {
            name: value.replace("\r\n", "\n") for name, value in typed.items()
        }
        await place.home.sign_in(admin.http, "Admin 0")
        response = await admin.send("/create/program", kept)
        assert response.status_code == 409
        assert "You are signed in as Admin 0 now." in words(response.text)
        (again,) = [form for form in forms(response.text) if form.do == "create"]
        shown = await admin.send("/create/program", again, _look="yes")
        assert shown.status_code == 200
        assert "Typed for an hour" in shown.text
        assert await place.pool.fetchval("SELECT count(*) FROM program WHERE title = 'Typed for an hour'") == 0
        (filled,) = [form for form in forms(shown.text) if form.do == "create"]
        assert (await admin.send("/create/program", filled)).status_code == 303
        assert (
            await place.pool.fetchval("SELECT description FROM program WHERE title = 'Typed for an hour'") == "One\nTwo"
        )


async def test_somebody_elses_sign_in_in_the_same_browser_does_not_send_what_the_first_typed(place: Place) -> None:
    async with place.visitor("Admin 0") as admin:
        place.home.wikimedia.account("Second")
        form = await admin.form("/create/program", "create")
        await place.home.sign_in(admin.http, "Second")
        response = await admin.send("/create/program", form, title="Whose is it", institution="L")
        assert response.status_code == 409
        assert "You are signed in as Second now." in words(response.text)
        assert await place.pool.fetchval("SELECT count(*) FROM program WHERE title = 'Whose is it'") == 0
