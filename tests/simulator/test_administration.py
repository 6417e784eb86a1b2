# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens on the wikis can be ordered over HTTP, and what is true can be asked."""

from __future__ import annotations

import pytest

from graph.simulator.app import create_app
from graph.simulator.server import running
from graph.simulator.truth import TrueRevision, TrueUser, truth
from tests.simulator.serving import PAGE_CHANGE, VISIBILITY_CHANGE, Stand, new_wikimedia, told


async def test_every_change_can_be_ordered(stand: Stand) -> None:
    assert await stand.act("create_user", name="amara", registered="2015-05-15T15:52:37Z", wikis=["dewiki"]) == {
        "username": "Amara",
        "central_id": 70000001,
        "registered": "2015-05-15T15:52:37Z",
    }
    saved = await stand.act("save", wiki="enwiki", title="A", username="Amara", size=5, tags=["x"])
    assert saved == {"wiki": "enwiki", "revision_id": 1300000001, "page_id": 50000001, "at": "2026-09-27T16:17:12Z"}
    await stand.act("create", wiki="enwiki", title="R", username="Amara", redirect_to="A")
    await stand.act("save", wiki="enwiki", title="A", username="Vandal")
    await stand.act("revert", wiki="enwiki", title="A", username="Amara", method="undo")
    await stand.act("hide_revision", wiki="enwiki", revision_id=1300000001, username="Amara", text=True)
    await stand.act("tag", wiki="enwiki", revision_id=1300000001, add=["y"], remove=["x"])
    await stand.act("move", wiki="enwiki", title="A", to="B", username="Amara")
    await stand.act("protect", wiki="enwiki", title="B", username="Amara")
    assert await stand.act("delete", wiki="enwiki", title="B", username="Amara") == {
        "wiki": "enwiki",
        "page_id": 50000001,
        "title": "B",
    }
    await stand.act("undelete", wiki="enwiki", title="B", username="Amara")
    await stand.act("upload", title="F.jpg", username="Amara")
    await stand.act("upload_new_version", title="F.jpg", username="Amara")
    await stand.act(
        "import_revision", wiki="enwiki", title="I", author="Amara", importer="X", at="2020-01-01T00:00:00Z"
    )
    await stand.act("redact_page", wiki="enwiki", title="I")
    await stand.act("rename_user", old="Amara", new="Amara II")
    assert await stand.act("garbage", kind="null") == {"offset": 1109139126}
    assert await stand.act("switch_datacenter") == {"datacenter": "codfw"}
    topics = stand.wikimedia.log.topics
    assert len(topics[f"eqiad.{PAGE_CHANGE}"].messages) == 12
    assert len(told(stand.wikimedia, VISIBILITY_CHANGE)) == 1


async def test_many_edits_can_be_saved_in_one_request(stand: Stand) -> None:
    edits = [{"wiki": "enwiki", "title": f"Page {number % 10}", "username": "Amara"} for number in range(100)]
    answer = await stand.act("saves", edits=edits)
    assert [saved["revision_id"] for saved in answer["revisions"]] == list(range(1300000001, 1300000101))


async def test_the_log_can_be_set(stand: Stand) -> None:
    await stand.act("log", retention=5000, granularity=1000, jitter=7, cap=9, canary_interval=60_000)
    log = stand.wikimedia.log
    assert (log.retention, log.granularity, log.jitter, log.cap, log.canary_interval) == (5000, 1000, 7, 9, 60_000)


@pytest.mark.parametrize(
    ("action", "body", "status", "error"),
    [
        ("explode", "{}", 404, "there is no action 'explode'; there are: "),
        ("save", "{", 400, "Input data was truncated"),
        ("save", "[]", 400, "Expected `object`, got `array`"),
        ("save", '{"wiki":"enwiki"}', 400, "missing a required argument: 'title'"),
        ("tag", '{"wiki":"enwiki","revision_id":1,"hue":1}', 400, "got an unexpected keyword argument 'hue'"),
        ("move", '{"wiki":"enwiki","title":"A","to":"C","username":"B"}', 400, "there is no page 'A' on enwiki"),
        ("log", '{"weather":1}', 400, "the log has no setting 'weather'"),
        ("create_user", '{"name":"B","registered":"long ago"}', 400, "Invalid isoformat string: 'long ago'"),
    ],
)  # fmt: skip
async def test_a_wrong_order_is_refused_with_a_sentence(
    stand: Stand, action: str, body: str, status: int, error: str
) -> None:
    answer = await stand.client.post(f"{stand.base}/simulator/{action}", content=body)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(error)


async def test_the_truth_is_what_lives_now(stand: Stand) -> None:
    wikimedia = stand.wikimedia
    wikimedia.create_user("Amara", registered="2015-05-15T15:52:37Z")
    wikimedia.save("enwiki", "A", "Amara", size=10, summary="s", minor=True)
    edited = wikimedia.save("enwiki", "A", "Amara", change=5)
    wikimedia.save("enwiki", "Gone", "Amara")
    wikimedia.delete("enwiki", "Gone", "Admin")
    wikimedia.move("enwiki", "A", "Draft:B", "Amara", leave_redirect=False)
    wikimedia.hide_revision("enwiki", edited.id, "Admin", text=True)
    wikimedia.tag("enwiki", edited.id, add=["mw-reverted"])
    told_truth = truth(wikimedia)
    first = TrueRevision(
        wiki="enwiki", page_id=50000001, namespace=118, title="Draft:B", revision_id=1300000001, username="Amara",
        central_id=70000001, at="2026-09-27T16:17:12Z", size=10, byte_change=10, created=True, redirect=False,
        minor=True, summary="s", tags=(), text_hidden=False, user_hidden=False, comment_hidden=False,
    )  # fmt: skip
    assert told_truth.revisions[0] == first
    assert [(row.revision_id, row.byte_change, row.text_hidden, row.tags) for row in told_truth.revisions] == [
        (1300000001, 10, False, ()),
        (1300000002, 5, True, ("mw-reverted",)),
        (1300000004, 0, False, ()),
    ]
    assert told_truth.users[0] == TrueUser("Amara", 70000001, "2015-05-15T15:52:37Z", False, ("enwiki",))
    answer = (await stand.client.get(f"{stand.base}/simulator/truth")).json()
    assert [row["revision_id"] for row in answer["revisions"]] == [1300000001, 1300000002, 1300000004]
    assert answer["users"][0]["username"] == "Amara"


async def test_it_can_be_stopped_and_started_again_on_the_same_port(stand: Stand) -> None:
    app = create_app(new_wikimedia())
    async with running(app) as base:
        port = int(base.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            async with running(app, port=port):
                pass
    async with running(app, port=port) as again:
        assert again == base
        answer = await stand.client.get(f"{base}/")
        assert answer.status_code == 200
