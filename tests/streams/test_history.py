# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from graph.edits import Edit, Rejected, RevisionTagged, RevisionVisibility
from graph.errors import UpstreamError
from graph.programs import Editor
from graph.streams.history import LAG
from tests.streams.listing_wikis import SINCE, Lists, editor, lists, want


@pytest.fixture
async def wikis() -> AsyncIterator[Lists]:
    async with lists() as found:
        yield found


def people(wikis: Lists, count: int, **details: object) -> list[Editor]:
    made = [wikis.stand.wikimedia.create_user(f"User {number:04}", **details) for number in range(count)]  # type: ignore[arg-type]
    return [editor(number + 1, account) for number, account in enumerate(made)]


async def test_what_an_editor_contributed_is_read_oldest_first(wikis: Lists) -> None:
    wikimedia = wikis.stand.wikimedia
    amara = wikimedia.create_user("Amara")
    first = wikimedia.save("enwiki", "A b", "Amara", size=100, summary="first")
    wikis.wait(60)
    second = wikimedia.save("enwiki", "A b", "Amara", change=-30, minor=True)
    wikimedia.save("enwiki", "A b", "Béla")
    (read,) = await wikis.read(editor(7, amara))
    assert (read.resume, read.editors_done, read.renamed) == (None, 1, {})
    assert (read.batch.checkpoint, read.batch.changes, read.batch.rejected) == (None, [], [])
    assert {seen.as_of for seen in read.batch.edits} == {wikis.now() - LAG}
    assert {seen.editor_id for seen in read.batch.edits} == {7}
    at = wikis.now().replace(microsecond=0)
    common = {"wiki": "enwiki", "page_id": first.page.id, "namespace": 0, "title": "A b", "username": "Amara"}
    common |= {"central_id": amara.central_id, "redirect": False}
    assert [seen.edit for seen in read.batch.edits] == [
        Edit(
            revision_id=first.id, at=at.replace(minute=at.minute - 1), byte_change=100, created=True, minor=False,
            summary="first", **common,
        ),
        Edit(revision_id=second.id, at=at, byte_change=-30, created=False, minor=True, summary="", **common),
    ]  # type: ignore[arg-type]  # fmt: skip


async def test_many_editors_are_read_in_few_requests(wikis: Lists) -> None:
    everybody = people(wikis, 120)
    for each in everybody:
        wikis.stand.wikimedia.save("enwiki", f"Page of {each.username}", each.username)
    reads = await wikis.read(*reversed(everybody))
    assert [seen.editor_id for read in reads for seen in read.batch.edits] == list(range(1, 121))
    assert [read.editors_done for read in reads] == [50, 100, 120]
    assert wikis.modules() == ["users", "usercontribs"] * 3


async def test_a_long_list_comes_in_batches_of_at_most_five_hundred(wikis: Lists) -> None:
    everybody = people(wikis, 3)
    for number in range(1200):
        wikis.stand.wikimedia.save("enwiki", f"Page {number % 9}", everybody[number % 3].username)
    reads = await wikis.read(*everybody)
    assert [len(read.batch.edits) for read in reads] == [500, 500, 200]
    assert [read.editors_done for read in reads] == [1, 2, 3]
    assert len({seen.edit.revision_id for read in reads for seen in read.batch.edits}) == 1200


async def test_only_the_wanted_time_is_read_with_both_its_ends(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    for _ in range(4):
        wikis.stand.wikimedia.save("enwiki", "A", amara.username)
        wikis.wait(10)
    since, until = wikis.now().replace(second=22), wikis.now().replace(second=32)
    edits = await wikis.edits(amara, since=since, until=until)
    assert [edit.at.second for edit in edits] == [22, 32]


async def test_nobody_wanted_and_nobody_there_is_nothing(wikis: Lists) -> None:
    assert await wikis.read() == []
    assert wikis.asked == []
    elsewhere = people(wikis, 2, home="arwiki")
    reads = await wikis.read(*elsewhere)
    assert [(read.batch.edits, read.resume, read.editors_done) for read in reads] == [([], None, 2)]


@pytest.mark.parametrize("stops", [1, 2, 3, 4])
async def test_reading_resumes_behind_the_last_ingested_batch(wikis: Lists, stops: int) -> None:
    everybody = people(wikis, 60)
    for number in range(1300):
        wikis.stand.wikimedia.save("enwiki", f"Page {number % 9}", everybody[number % 60].username)
    whole = await wikis.read(*everybody)
    assert [len(read.batch.edits) for read in whole] == [500, 500, 90, 210]
    first = [read async for read in _first(wikis, everybody, stops)]
    rest = await wikis.read(*everybody, resume=first[-1].resume) if first[-1].resume else []
    ids = [seen.edit.revision_id for read in [*first, *rest] for seen in read.batch.edits]
    assert ids == [seen.edit.revision_id for read in whole for seen in read.batch.edits]
    assert len(ids) == len(set(ids)) == 1300


async def _first(wikis: Lists, everybody: list[Editor], count: int) -> AsyncIterator[object]:
    async with aclosing(wikis.history.read(want(*everybody))) as reads:
        async for read in reads:
            yield read
            count -= 1
            if not count:
                return


async def test_a_place_in_another_reading_starts_over(wikis: Lists) -> None:
    everybody = people(wikis, 60)
    for each in everybody:
        wikis.stand.wikimedia.save("enwiki", "A", each.username)
    first, *_ = await wikis.read(*everybody)
    assert first.resume is not None
    assert len(await wikis.edits(*everybody[:59], resume=first.resume)) == 59
    assert len(await wikis.edits(*everybody, since=SINCE.replace(day=2), resume=first.resume)) == 60
    assert len(await wikis.edits(*everybody, resume=first.resume)) == 10
    assert len(await wikis.edits(*everybody, resume="nonsense")) == 60


async def test_a_place_the_wiki_does_not_know_any_more_starts_the_group_over(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    for number in range(700):
        wikis.stand.wikimedia.save("enwiki", f"Page {number % 9}", amara.username)
    away = wikis.stand.wikimedia.create_user("Away", home="arwiki")
    bela = editor(2, away)
    first, *_ = await wikis.read(amara, bela)
    # While nobody read, the second editor came to this wiki: the list is one of several users now.
    wikis.stand.wikimedia.save("enwiki", "Hello", "Away")
    reads = await wikis.read(amara, bela, resume=first.resume)
    assert sum(len(read.batch.edits) for read in reads) == 701


async def test_a_renamed_editor_is_found_by_the_central_id(wikis: Lists) -> None:
    amara, bela = people(wikis, 2)
    for each in (amara, bela):
        wikis.stand.wikimedia.save("enwiki", "A", each.username)
    wikis.stand.wikimedia.rename_user(amara.username, "Somebody Else")
    (read,) = await wikis.read(amara, bela)
    assert [(seen.editor_id, seen.edit.username) for seen in read.batch.edits] == [
        (1, "Somebody Else"),
        (2, bela.username),
    ]
    assert read.renamed == {1: "Somebody Else"}


async def test_who_has_no_account_on_the_wiki_is_asked_about_once_and_found_when_coming(wikis: Lists) -> None:
    home, away = people(wikis, 2, home="arwiki")
    for _ in range(2):
        assert await wikis.edits(home, away) == []
    assert wikis.modules() == ["users", "globaluserinfo", "globaluserinfo", "users"]
    wikis.stand.wikimedia.save("enwiki", "A", away.username)
    assert [edit.username for edit in await wikis.edits(home, away)] == [away.username]
    wikis.stand.wikimedia.rename_user(away.username, "Somebody Else")
    assert [edit.username for edit in await wikis.edits(home, away)] == ["Somebody Else"]


async def test_a_rename_is_seen_at_once_where_the_editor_was_known_to_be(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    wikis.stand.wikimedia.save("enwiki", "A", amara.username)
    for name in ("Second", "Third"):
        wikis.stand.wikimedia.rename_user(wikis.stand.wikimedia.accounts_by_id[amara.central_id or 0].name, name)
        assert [edit.username for edit in await wikis.edits(amara)] == [name]


async def test_whoever_took_over_a_name_is_not_taken_for_its_former_owner(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    wikis.stand.wikimedia.save("enwiki", "A", amara.username)
    wikis.stand.wikimedia.rename_user(amara.username, "Somebody Else")
    wikis.stand.wikimedia.create_user(amara.username)
    wikis.stand.wikimedia.save("enwiki", "B", amara.username)
    assert [(edit.title, edit.username) for edit in await wikis.edits(amara)] == [("A", "Somebody Else")]


async def test_an_editor_known_by_name_alone_is_found_by_name(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    wikis.stand.wikimedia.save("enwiki", "A", amara.username)
    assert len(await wikis.edits(replace(amara, central_id=None))) == 1
    assert await wikis.edits(Editor(2, "No Such User", None, None)) == []


async def test_a_page_created_again_under_its_old_title_is_another_page(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    old = wikis.stand.wikimedia.save("enwiki", "A", amara.username)
    wikis.stand.wikimedia.delete("enwiki", "A", "Béla")
    new = wikis.stand.wikimedia.save("enwiki", "A", amara.username)
    (edit,) = await wikis.edits(amara)
    assert (edit.revision_id, edit.page_id, edit.created) == (new.id, new.page.id, True)
    assert new.page.id != old.page.id


async def test_moves_protections_uploads_and_redirects_are_edits_too(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    wikimedia = wikis.stand.wikimedia
    wikimedia.save("enwiki", "A", "Béla", size=500)
    wikimedia.move("enwiki", "A", "Draft:B", amara.username)
    wikimedia.protect("enwiki", "Draft:B", amara.username)
    edits = await wikis.edits(amara)
    assert [(edit.title, edit.namespace, edit.created, edit.redirect) for edit in edits] == [
        ("Draft:B", 118, False, False),
        ("A", 0, True, True),
        ("Draft:B", 118, False, False),
    ]
    assert [edit.byte_change for edit in edits] == [0, 40 + len("Draft:B"), 0]


async def test_an_import_without_parent_and_size_is_measured_against_its_page(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    wikimedia = wikis.stand.wikimedia
    imported = {"wiki": "enwiki", "author": amara.username, "importer": "Béla", "measured": False}
    wikimedia.save("enwiki", "A", "Béla", size=500, at="2026-09-02T00:00:00Z")
    wikimedia.import_revision(title="A", at="2026-09-03T00:00:00Z", size=650, **imported)
    wikimedia.import_revision(title="New", at="2026-09-04T00:00:00Z", size=70, **imported)
    edits = await wikis.edits(amara)
    assert [(edit.title, edit.byte_change, edit.created) for edit in edits] == [("A", 150, False), ("New", 70, True)]
    # A predecessor each, the sizes of both, and whether the new page began as a redirect.
    assert wikis.modules() == ["users", "usercontribs", *["revisions"] * 4]


async def test_an_imported_redirect_is_one_though_no_tag_says_so(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    details = {"wiki": "enwiki", "author": amara.username, "importer": "Béla", "size": 30}
    wikis.stand.wikimedia.import_revision(title="A", at="2026-09-03T00:00:00Z", redirect_to="B", **details)  # type: ignore[arg-type]
    wikis.stand.wikimedia.import_revision(title="C", at="2026-09-04T00:00:00Z", **details)  # type: ignore[arg-type]
    wikis.stand.wikimedia.create("enwiki", "D", amara.username, size=30, redirect_to="B")
    edits = await wikis.edits(amara)
    assert [(edit.title, edit.created, edit.redirect) for edit in edits] == [
        ("A", True, True),
        ("C", True, False),
        ("D", True, True),
    ]
    assert wikis.modules() == ["users", "usercontribs", "revisions"]


async def test_a_row_that_makes_no_sense_is_set_aside_and_the_others_count(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    wikis.stand.wikimedia.save("enwiki", "A", amara.username)
    wrong = wikis.stand.wikimedia.save("enwiki", "B", amara.username)
    wrong.size = 2**40
    (read,) = await wikis.read(amara)
    assert [seen.edit.title for seen in read.batch.edits] == ["A"]
    (rejected,) = read.batch.rejected
    assert rejected.reason == "a field is missing or wrong"
    assert '"revid":1300000002' in rejected.sample


async def test_what_nobody_can_measure_is_set_aside(wikis: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    (amara,) = people(wikis, 1)
    page = {"wiki": "enwiki", "title": "A", "author": amara.username, "importer": "Béla", "measured": False}
    revision = wikis.stand.wikimedia.import_revision(at="2026-09-03T00:00:00Z", **page)  # type: ignore[arg-type]
    # Deleted between the two questions.
    monkeypatch.delitem(wikis.stand.wikimedia.revisions, ("enwiki", revision.id))
    monkeypatch.setattr(type(wikis.history._contributions), "predecessor", lambda *_: asyncio.sleep(0, result=None))
    (read,) = await wikis.read(amara)
    assert read.batch.edits == []
    assert read.batch.rejected == [Rejected("size of the parent unknown", f"enwiki revision {revision.id}")]


async def test_hidden_parts_and_reverts_come_with_the_edits(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    wikimedia = wikis.stand.wikimedia
    first, second, third, fourth = (wikimedia.save("enwiki", "A", amara.username, summary="x") for _ in range(4))
    wikimedia.hide_revision("enwiki", first.id, "Béla", text=True)
    wikimedia.hide_revision("enwiki", second.id, "Béla", comment=True)
    wikimedia.hide_revision("enwiki", third.id, "Béla", user=True)
    wikimedia.tag("enwiki", fourth.id, add=["mw-reverted"])
    (read,) = await wikis.read(amara)
    assert [(seen.edit.revision_id, seen.edit.summary) for seen in read.batch.edits] == [
        (first.id, "x"),
        (second.id, None),
        (fourth.id, "x"),
    ]
    as_of = wikis.now() - LAG
    assert read.batch.changes == [
        RevisionVisibility("enwiki", first.id, False, True, True, as_of),
        RevisionVisibility("enwiki", second.id, True, True, False, as_of),
        RevisionTagged("enwiki", fourth.id, True, as_of),
    ]
    (read,) = await wikis.read(amara, reverted=frozenset({fourth.id}))
    assert not any(isinstance(change, RevisionTagged) for change in read.batch.changes)


async def test_the_next_answer_is_fetched_while_one_is_ingested_and_not_more(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    for number in range(2100):
        wikis.stand.wikimedia.save("enwiki", f"Page {number % 9}", amara.username)
    async with aclosing(wikis.history.read(want(amara))) as reads:
        for answers in (2, 3, 4):
            await anext(reads)
            async with asyncio.timeout(10):
                while wikis.modules().count("usercontribs") < answers:
                    await asyncio.sleep(0.01)
            assert wikis.modules() == ["users", *["usercontribs"] * answers]


async def test_an_error_comes_after_the_batches_before_it(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    for number in range(600):
        wikis.stand.wikimedia.save("enwiki", f"Page {number % 9}", amara.username)
    async with aclosing(wikis.history.read(want(amara))) as reads:
        read = await anext(reads)
        wikis.stand.faults.api_status = 503
        assert len(read.batch.edits) == 500
        with pytest.raises(UpstreamError, match="HTTP 503"):
            await anext(reads)
    wikis.stand.faults.api_status = None
    assert len((await wikis.read(amara, resume=read.resume))[0].batch.edits) == 100


async def test_faults_that_pass_lose_nothing(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    for number in range(600):
        wikis.stand.wikimedia.save("enwiki", f"Page {number % 9}", amara.username)
    wikis.stand.faults.set(api_refusals=[429, 503], api_errors=["ratelimited"], api_broken=2)
    assert len(await wikis.edits(amara)) == 600


async def test_a_wiki_that_is_behind_is_not_asked(wikis: Lists) -> None:
    (amara,) = people(wikis, 1)
    await wikis.stand.act("stop_replication")
    wikis.wait(6)
    with pytest.raises(UpstreamError, match="cannot be asked now: maxlag"):
        await wikis.read(amara)
