# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose edits count: the decision in SQL is the definition in words, and the filter in front loses nothing."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from graph.edits import Batch, SeenEdit
from graph.matching import Enrolled, Index, Match, Rules, canonical_username, matches
from graph.programs import ProgramType
from graph.streams.enrollment import Enrollment
from graph.streams.ingest import ingest
from tests.db.world import END, LIVE, NOON, SECOND, START, World, edit
from tests.properties.stage import Stage, of_examples, stage

times = st.sampled_from([START - SECOND, START, NOON - SECOND, NOON, NOON + SECOND, END, END + SECOND])
wikis = st.sampled_from(["enwiki", "dewiki", "commonswiki"])


@dataclass(frozen=True)
class Drawn:
    """A program; editors by index, and whether they are named."""

    start: int
    wikis: dict[str, set[int]]
    scoped: bool
    public: bool
    editors: dict[int, bool]


programs = st.builds(
    Drawn,
    start=st.integers(0, 2),
    wikis=st.dictionaries(wikis, st.sets(st.sampled_from([0, 2, 6]), max_size=2), max_size=2),
    scoped=st.sampled_from([False, False, False, True]),
    public=st.booleans(),
    editors=st.dictionaries(st.integers(0, 2), st.sampled_from([True, True, False]), max_size=3),
)

edits = st.tuples(
    st.integers(0, 2), wikis, st.sampled_from([0, 6]), times, st.booleans(), st.sampled_from([False, False, True])
)


def rules_of(world: World, number: int) -> Rules:
    """The program's rules; nameless participants are held out of every public number."""
    program = world.naive.programs[number]
    return Rules(
        program_id=number,
        tracking_start=program.start,
        tracking_end=program.end,
        wikis={wiki: frozenset(namespaces) for wiki, namespaces in program.wikis.items()},
        type=ProgramType.ARTICLE_SCOPED if program.article_scoped else ProgramType.BASIC,
        editors=frozenset(editor for editor, named in program.editors.items() if named),
        excluded=frozenset(),
        scope=frozenset(),
    )


def members(world: World, seen: SeenEdit) -> list[int]:
    found = []
    for number in world.naive.programs:
        match matches(rules_of(world, number), seen.edit, seen.editor_id):
            case Match.COUNTS:
                found.append(number)
            case Match.UPLOAD_ONLY:
                found.append(-number)
            case Match.NO:
                pass
    return sorted(found)


@of_examples(30)
@given(drawn=st.lists(programs, min_size=1, max_size=3), saved=st.lists(edits, min_size=1, max_size=8))
def check_membership(on: Stage, drawn: list[Drawn], saved: list[tuple[int, str, int, object, bool, bool]]) -> None:
    async def run() -> None:
        world = on.world()
        editors = [await world.editor() for _ in range(3)]
        for one in drawn:
            number = await world.program(
                wikis=one.wikis,
                start=[START, NOON, END][one.start],
                end=END,
                public=one.public,
                article_scoped=one.scoped,
            )
            for index, named in one.editors.items():
                await world.enroll(number, editors[index], named=named)
        first = on.first()
        batch = [
            edit(
                first + n,
                editors[editor],
                wiki=wiki,
                page=first + n,
                namespace=namespace,
                at=at,  # type: ignore[arg-type]
                created=created,
                redirect=created and redirect,
            )
            for n, (editor, wiki, namespace, at, created, redirect) in enumerate(saved)
        ]
        async with on.pool.acquire() as conn:
            await ingest(conn, Batch(edits=batch, checkpoint=dict(LIVE)))
            rows = await conn.fetch(
                "SELECT e.revision_id, s.members FROM edit e JOIN edit_set s ON s.id = e.set_id"
                " WHERE e.revision_id BETWEEN $1 AND $2",
                first,
                first + len(saved),
            )
            enrollment = Enrollment()
            await enrollment.refresh(conn)
            index = enrollment.index
        stored = {row["revision_id"]: list(row["members"]) for row in rows}
        for seen in batch:
            assert stored.get(seen.edit.revision_id, []) == members(world, seen)
            if members(world, seen):
                assert index.find(seen.edit.wiki, seen.edit.central_id, seen.edit.username) == seen.editor_id
                assert index.covers(seen.editor_id, seen.edit.at)

    on.run(run())


def test_the_decision_in_sql_is_the_definition_and_the_index_lets_through_all_of_it(database_url: str) -> None:
    with stage(database_url) as on:
        check_membership(on)


names = st.sampled_from(["Grace", "grace", "Ada_L", "Ada L", "Юлия", "юлия", "ßeta"])
central_ids = st.one_of(st.none(), st.integers(11, 14))
operations = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 4), central_ids, names),
        st.tuples(st.just("remove"), st.integers(1, 4), st.none(), st.just("")),
    ),
    max_size=12,
)


def naive_find(editors: dict[int, Enrolled], central_id: int | None, username: str) -> int | None:
    for one in editors.values():
        if central_id is not None and one.central_id == central_id:
            return one.editor_id
    for one in editors.values():
        same = canonical_username(one.username) == canonical_username(username)
        if same and (central_id is None or one.central_id is None):
            return one.editor_id
    return None


@given(operations)
def test_the_index_finds_whom_a_search_through_all_editors_finds(
    done: list[tuple[str, int, int, str]],
) -> None:
    index, editors = Index(), dict[int, Enrolled]()
    for operation, editor_id, central_id, username in done:
        if operation == "remove":
            index.remove(editor_id)
            editors.pop(editor_id, None)
            continue
        others = [one for one in editors.values() if one.editor_id != editor_id]
        if any(canonical_username(one.username) == canonical_username(username) for one in others):
            continue
        if central_id is not None and any(one.central_id == central_id for one in others):
            continue
        editors[editor_id] = Enrolled(editor_id, central_id, username, START, END)
        index.put(editors[editor_id])
    assert len(index) == len(editors)
    for central_id in (None, 11, 12, 13, 14, 99):
        for username in ("Grace", "Ada L", "Юлия", "ßeta", "Mallory"):
            assert index.find("enwiki", central_id, username) == naive_find(editors, central_id, username)
