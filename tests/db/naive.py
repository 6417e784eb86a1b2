# SPDX-License-Identifier: GPL-3.0-or-later
"""All the numbers of docs/metrics.md, by obvious code: for each collection every edit is looked at, one after another.

Shares nothing with graph.db but the words of the domain (``Edit`` and the changes). It knows what the world is like
at the end, not how it came about: the state of a page is what its newest news says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from graph.edits import (
    Change,
    Edit,
    PageDeleted,
    PageMoved,
    PageUndeleted,
    RevisionTagged,
    RevisionVisibility,
    SeenEdit,
)

# The wikis of the tests whose languages are written in Latin letters.
LATIN = ("enwiki", "dewiki", "frwiki", "eswiki")


@dataclass
class Session:
    start: datetime
    end: datetime
    participants: set[int] = field(default_factory=set)


@dataclass
class Program:
    """``editors``: each enrolled one and whether the name is shown. ``wikis``: the tracked ones, their namespaces.

    ``excluded``: pages an organizer took out, as (wiki, page id). ``nameless_counted``: whether the program's own
    numbers have those of participants whose names are not shown. ``scope``: what an article-scoped one counts, pages
    as (wiki, page id), and those that were not there as (wiki, namespace, title).
    """

    start: datetime
    end: datetime
    wikis: dict[str, set[int]]
    public: bool = True
    article_scoped: bool = False
    editors: dict[int, bool] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    excluded: set[tuple[str, int]] = field(default_factory=set)
    nameless_counted: bool = False
    scope: set[tuple[str, int] | tuple[str, int, str | None]] = field(default_factory=set)

    def scopes(self, wiki: str, page_id: int, page: PageNow) -> bool:
        """Whether the page, as it is now, is in the scope; without one all are."""
        return not self.article_scoped or bool(self.scope & {(wiki, page_id), (wiki, page.namespace, page.title)})


@dataclass
class Headline:
    edits: int = 0
    articles_edited: int = 0
    articles_created: int = 0
    editors: int = 0
    active_editors: int = 0
    new_editors: int = 0
    bytes_added: int = 0
    bytes_removed: int = 0
    words: int | None = None
    uploads: int = 0
    reverted: int = 0


@dataclass
class OfNamespace:
    edits: int = 0
    articles_edited: int = 0
    articles_created: int = 0
    active_editors: int = 0
    bytes_added: int = 0
    bytes_removed: int = 0
    uploads: int = 0
    reverted: int = 0


@dataclass
class OfEditor:
    edits: int = 0
    bytes_added: int = 0
    bytes_userspace: int = 0
    bytes_draft: int = 0
    articles_edited: int = 0
    articles_created: int = 0
    uploads: int = 0


@dataclass
class OfArticle:
    edits: int = 0
    tracked: int = 0
    created: bool = False
    bytes_added: int = 0


@dataclass
class OfBucket:
    edits: int = 0
    active_editors: int = 0
    bytes_added: int = 0
    articles_created: int = 0


@dataclass
class Numbers:
    """Everything of one collection; parts that are all zero are left out.

    ``buckets``: days (1), weeks (2) and months (3), by their first day.
    """

    headline: Headline = field(default_factory=Headline)
    namespaces: dict[tuple[str, int], OfNamespace] = field(default_factory=dict)
    editors: dict[int, OfEditor] = field(default_factory=dict)
    articles: dict[tuple[str, int], OfArticle] = field(default_factory=dict)
    buckets: dict[tuple[int, date], OfBucket] = field(default_factory=dict)


@dataclass
class PageNow:
    namespace: int
    title: str | None
    deleted: bool


@dataclass
class Counted:
    """An edit of a collection. ``tracked``: to a page in a tracked namespace. ``whole``: more than an upload."""

    edit: Edit
    editor: int
    namespace: int
    tracked: bool
    whole: bool
    upload: bool
    reverted: bool


@dataclass
class Naive:
    """The world. Campaigns hold programs, organizations hold campaigns, all by number.

    ``everybody`` maps second collections, which count nameless participants too, to their programs and sessions.
    """

    programs: dict[int, Program] = field(default_factory=dict)
    campaigns: dict[int, set[int]] = field(default_factory=dict)
    organizations: dict[int, set[int]] = field(default_factory=dict)
    everybody: dict[int, int] = field(default_factory=dict)
    registered: dict[int, datetime | None] = field(default_factory=dict)
    edits: dict[tuple[str, int], SeenEdit] = field(default_factory=dict)
    sightings: list[SeenEdit] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def saw(self, edits: Iterable[SeenEdit], changes: Iterable[Change] = ()) -> None:
        for seen in edits:
            known = self.edits.setdefault((seen.edit.wiki, seen.edit.revision_id), seen)
            if seen.edit.page_id != known.edit.page_id and seen.as_of > known.as_of:
                self.edits[seen.edit.wiki, seen.edit.revision_id] = seen
            self.sightings.append(seen)
        self.changes.extend(changes)

    def collections(self) -> list[int]:
        sessions = [number for program in self.programs.values() for number in program.sessions]
        return sorted([*self.programs, *sessions, *self.campaigns, *self.organizations, *self.everybody])

    # What a collection is made of: (program, session or None) pairs.

    def parts(self, collection: int) -> list[tuple[Program, Session | None]]:
        if collection in self.everybody:
            (part,) = self.parts(self.everybody[collection])
            return [(replace(part[0], nameless_counted=True), part[1])]
        if collection in self.programs:
            return [(self.programs[collection], None)]
        for program in self.programs.values():
            if collection in program.sessions:
                return [(program, program.sessions[collection])]
        campaigns = {collection} | self.organizations.get(collection, set())
        numbers = {number for campaign in campaigns for number in self.campaigns.get(campaign, set())}
        return [(self.programs[number], None) for number in sorted(numbers) if self.programs[number].public]

    # What things are like now.

    def page(self, wiki: str, page_id: int) -> PageNow:
        news: list[tuple[datetime, Edit | Change]] = [
            (seen.as_of, seen.edit) for seen in self.sightings if (seen.edit.wiki, seen.edit.page_id) == (wiki, page_id)
        ]
        news += [
            (change.as_of, change)
            for change in self.changes
            if isinstance(change, PageDeleted | PageUndeleted | PageMoved)
            and (change.wiki, change.page_id) == (wiki, page_id)
        ]
        now = PageNow(0, None, False)
        for _, item in sorted(news, key=lambda each: each[0]):
            if isinstance(item, PageDeleted):
                now.deleted = True
                if item.suppressed:
                    now.title = None
            else:
                now.namespace, now.title = item.namespace, item.title
                now.deleted = False
        return now

    def visible(self, wiki: str, revision_id: int) -> bool:
        newest = self._newest(RevisionVisibility, wiki, revision_id)
        return newest is None or (newest.text and newest.editor)

    def reverted(self, wiki: str, revision_id: int) -> bool:
        newest = self._newest(RevisionTagged, wiki, revision_id)
        return newest is not None and newest.reverted

    def _newest(self, kind: type, wiki: str, revision_id: int):  # type: ignore[no-untyped-def]
        found = [c for c in self.changes if type(c) is kind and (c.wiki, c.revision_id) == (wiki, revision_id)]
        return max(found, key=lambda change: change.as_of, default=None)

    # What counts.

    def member(self, program: Program, session: Session | None, seen: SeenEdit) -> str | None:
        """``"whole"``, ``"upload"`` or None."""
        edit, page = seen.edit, self.page(seen.edit.wiki, seen.edit.page_id)
        named = program.editors.get(seen.editor_id)
        if named is None or not (named or program.nameless_counted) or not program.start <= edit.at <= program.end:
            return None
        if session is not None:
            if not session.start <= edit.at <= session.end:
                return None
            if session.participants and seen.editor_id not in session.participants:
                return None
        if page.deleted or not self.visible(edit.wiki, edit.revision_id):
            return None
        if (edit.wiki, edit.page_id) in program.excluded or not program.scopes(edit.wiki, edit.page_id, page):
            return None
        if edit.wiki in program.wikis:
            return "whole"
        return "upload" if self.is_upload(edit) else None

    def is_upload(self, edit: Edit) -> bool:
        namespace = self.page(edit.wiki, edit.page_id).namespace
        return edit.wiki == "commonswiki" and namespace == 6 and edit.created and not edit.redirect

    def counted(self, collection: int) -> Iterator[Counted]:
        yield from self._counted(self.parts(collection))

    def listed(self, collection: int) -> list[Counted]:
        """The counted edits that are rows of the collection's lists: whoever is nameless there is in none."""
        whole = [each for each in self.counted(collection) if each.whole]
        if collection in self.everybody:
            return whole
        parts = [(replace(program, nameless_counted=False), session) for program, session in self.parts(collection)]
        named = {(each.edit.wiki, each.edit.revision_id) for each in self._counted(parts) if each.whole}
        return [each for each in whole if (each.edit.wiki, each.edit.revision_id) in named]

    def _counted(self, parts: list[tuple[Program, Session | None]]) -> Iterator[Counted]:
        for seen in self.edits.values():
            edit = seen.edit
            kinds = [(program, self.member(program, session, seen)) for program, session in parts]
            if not any(kind for _, kind in kinds):
                continue
            namespace = self.page(edit.wiki, edit.page_id).namespace
            yield Counted(
                edit=edit,
                editor=seen.editor_id,
                namespace=namespace,
                tracked=any(kind == "whole" and namespace in p.wikis[edit.wiki] for p, kind in kinds),
                whole=any(kind == "whole" for _, kind in kinds),
                upload=self.is_upload(edit),
                reverted=self.reverted(edit.wiki, edit.revision_id),
            )

    def nameless_count(self, program: int, now: datetime) -> bool:
        """Whether nameless participants are counted at this time: after the end, if at least three have edits."""
        rules = self.programs[program]
        whole = replace(rules, nameless_counted=True)
        active = {
            seen.editor_id
            for seen in self.edits.values()
            if rules.editors.get(seen.editor_id) is False and self.member(whole, None, seen)
        }
        return rules.end < now and len(active) >= 3

    # The numbers.

    def numbers(self, collection: int) -> Numbers:
        edits = list(self.counted(collection))
        return Numbers(
            headline=self._headline(collection, edits),
            namespaces={
                place: of_namespace([each for each in edits if (each.edit.wiki, each.namespace) == place])
                for place in {(each.edit.wiki, each.namespace) for each in edits}
            },
            editors={
                editor: of_editor([each for each in edits if each.editor == editor])
                for editor in {each.editor for each in edits}
            },
            articles=articles(edits),
            buckets=buckets(edits),
        )

    def _headline(self, collection: int, edits: list[Counted]) -> Headline:
        total = of_namespace(edits)
        enrolled: set[int] = set()
        new: set[int] = set()
        for program, session in self.parts(collection):
            taking_part = set(program.editors)
            if session is not None and session.participants:
                taking_part &= session.participants
            enrolled |= taking_part
            for editor in taking_part:
                at = self.registered[editor]
                if at is not None and program.start <= at <= program.end:
                    new.add(editor)
        words = None
        if any(wiki in LATIN for program, _ in self.parts(collection) for wiki in program.wikis):
            latin = [each for each in edits if each.edit.wiki in LATIN]
            words = of_namespace(latin).bytes_added * 1000 // 5175
        return Headline(
            edits=total.edits,
            articles_edited=total.articles_edited,
            articles_created=total.articles_created,
            editors=len(enrolled),
            active_editors=total.active_editors,
            new_editors=len(new),
            bytes_added=total.bytes_added,
            bytes_removed=total.bytes_removed,
            words=words,
            uploads=total.uploads,
            reverted=total.reverted,
        )


def of_namespace(edits: list[Counted]) -> OfNamespace:
    whole = [each for each in edits if each.whole]
    tracked = [each for each in edits if each.tracked]
    return OfNamespace(
        edits=len(whole),
        articles_edited=len({page_of(each) for each in tracked}),
        articles_created=len({page_of(each) for each in tracked if creates(each)}),
        active_editors=len({each.editor for each in whole}),
        bytes_added=added(tracked),
        bytes_removed=sum(-each.edit.byte_change for each in tracked if each.edit.byte_change < 0),
        uploads=len([each for each in edits if each.upload]),
        reverted=len([each for each in whole if each.reverted]),
    )


def of_editor(edits: list[Counted]) -> OfEditor:
    whole = [each for each in edits if each.whole]
    tracked = [each for each in edits if each.tracked]
    return OfEditor(
        edits=len(whole),
        bytes_added=added(tracked),
        bytes_userspace=added([each for each in whole if each.namespace == 2]),
        bytes_draft=added([each for each in whole if each.namespace == 118]),
        articles_edited=len({page_of(each) for each in tracked}),
        articles_created=len({page_of(each) for each in tracked if creates(each)}),
        uploads=len([each for each in edits if each.upload]),
    )


def articles(edits: list[Counted]) -> dict[tuple[str, int], OfArticle]:
    found: dict[tuple[str, int], OfArticle] = defaultdict(OfArticle)
    for each in edits:
        if each.whole:
            article = found[page_of(each)]
            article.edits += 1
            article.tracked += each.tracked
            article.created |= each.tracked and creates(each)
            article.bytes_added += added([each]) if each.tracked else 0
    return dict(found)


def buckets(edits: list[Counted]) -> dict[tuple[int, date], OfBucket]:
    found: dict[tuple[int, date], list[Counted]] = defaultdict(list)
    for each in edits:
        day = each.edit.at.astimezone(UTC).date()
        if each.whole:
            found[1, day].append(each)
            found[2, day - timedelta(days=day.weekday())].append(each)
            found[3, day.replace(day=1)].append(each)
    return {
        place: OfBucket(
            edits=len(some),
            active_editors=len({each.editor for each in some}),
            bytes_added=added([each for each in some if each.tracked]),
            articles_created=len([each for each in some if each.tracked and creates(each)]),
        )
        for place, some in found.items()
    }


def page_of(each: Counted) -> tuple[str, int]:
    return each.edit.wiki, each.edit.page_id


def creates(each: Counted) -> bool:
    return each.edit.created and not each.edit.redirect


def added(edits: list[Counted]) -> int:
    return sum(each.edit.byte_change for each in edits if each.edit.byte_change > 0)
