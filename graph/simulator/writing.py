# SPDX-License-Identifier: GPL-3.0-or-later
"""What editors do: save, create, move, upload, import, protect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graph.simulator import payloads
from graph.simulator.log import TAGS_CHANGE
from graph.simulator.pages import Account, Page, Revision
from graph.simulator.state import NotPossible, State, moment

REDIRECT_SIZE = 40


class Writing(State):
    """The changes that add a revision. Each gives it, and emits what the real thing emits."""

    def save(
        self,
        wiki: str,
        title: str,
        username: str,
        *,
        change: int | None = None,
        size: int | None = None,
        minor: bool = False,
        summary: str = "",
        tags: list[str] | None = None,
        redirect_to: str | None = None,
        at: datetime | str | None = None,
    ) -> Revision:
        """Save an edit, or a new page where there is none.

        ``size`` is the whole page's in bytes, else ``change`` is added to it (1000 for a new page, 100 for an old
        one). ``at`` is the revision's own time, now by default; the event is stamped now.
        """
        page = self.find_page(wiki, title)
        author = self.account(username)
        parent = page.latest if page else None
        page = page or self.new_page(wiki, title)
        was_redirect = page.redirect_to is not None
        page.redirect_to = page.wiki.key(redirect_to)[1] if redirect_to is not None else None
        if size is None:
            size = (parent.size + (100 if change is None else change)) if parent else (change or 1000)
        revision = self.new_revision(
            page, author, size=max(size, 0), at=moment(at, self.now()), minor=minor, comment=summary, parent=parent
        )
        self._emit_saved(revision, parent, author)
        is_redirect = page.redirect_to is not None
        own = [] if is_redirect == was_redirect else ["mw-new-redirect" if is_redirect else "mw-removed-redirect"]
        if own or tags:
            self.change_tags(revision, added=[*own, *(tags or [])], performer=author)
        return revision

    def create(self, wiki: str, title: str, username: str, **details: Any) -> Revision:
        """Save a page that must be new; details as for ``save``."""
        if self.find_page(wiki, title):
            raise NotPossible(f"the page {title!r} exists on {wiki}")
        return self.save(wiki, title, username, **details)

    def move(
        self, wiki: str, title: str, to: str, username: str, *, reason: str = "", leave_redirect: bool = True
    ) -> Revision:
        """Move a page: a null revision by the mover, and a redirect that is left behind as a new page.

        The redirect's ``create`` comes before the ``move``, as seen on the real stream.
        """
        page = self.page(wiki, title)
        namespace, key = page.wiki.key(to)
        if (wiki, key) in self.pages:
            raise NotPossible(f"the page {to!r} exists on {wiki}")
        mover, parent = self.account(username), page.latest
        self.attach(mover, wiki)
        before = payloads.page_entity(page)
        old_key, old_title = page.key, page.title
        del self.pages[wiki, page.key]
        page.namespace, page.key = namespace, key
        self.pages[wiki, key] = page
        comment = f"{mover.name} moved page [[{old_title}]] to [[{page.title}]]" + (f": {reason}" if reason else "")
        at = moment(None, self.now())
        revision = self.new_revision(
            page, mover, size=parent.size, at=at, minor=True, comment=comment, sha1=parent.sha1, parent=parent
        )
        request_id = self.log.uuid()
        redirect = self._leave_redirect(page, old_key, mover, at, comment, request_id) if leave_redirect else None
        event = self.page_change("move", page, dt=at, performer=mover, request_id=request_id, comment=reason)
        if redirect:
            event["created_redirect_page"] = payloads.page_entity(redirect)
        changed = {name: value for name, value in before.items() if event["page"][name] != value}
        event["prior_state"] = {"page": changed, "revision": payloads.revision(parent)}
        self.emit(event)
        self.record(wiki, "move", "move" if redirect else "move_redir", old_title, mover.name)
        return revision

    def upload(
        self, title: str, username: str, *, wiki: str = "commonswiki", size: int = 400,
        summary: str = "Uploaded own work with UploadWizard", at: datetime | str | None = None,
    ) -> Revision:  # fmt: skip
        """Upload a new file: a new page in namespace 6."""
        revision = self.create(wiki, f"File:{title.removeprefix('File:')}", username, size=size, summary=summary, at=at)
        self.record(wiki, "upload", "upload", revision.page.title, revision.author.name)
        return revision

    def upload_new_version(
        self, title: str, username: str, *, wiki: str = "commonswiki", summary: str = ""
    ) -> Revision:
        """Upload a new version of a file: an edit of 0 bytes of its page."""
        page = self.page(wiki, f"File:{title.removeprefix('File:')}")
        self.record(wiki, "upload", "overwrite", page.title, self.account(username).name)
        return self.save(wiki, page.key, username, change=0, summary=summary)

    def import_revision(
        self,
        wiki: str,
        title: str,
        author: str,
        importer: str,
        *,
        at: datetime | str,
        size: int = 1000,
        summary: str = "",
        measured: bool = True,
        redirect_to: str | None = None,
    ) -> Revision:
        """Import one old revision from elsewhere, under its own author and time.

        Only one that becomes the page's current revision is in the stream, with the importer as performer;
        an older one goes into the page's history and its author's contributions in silence. One that is not
        ``measured`` has neither size nor parent in lists of contributions. Imports have no tags, redirects neither.
        """
        page = self.find_page(wiki, title)
        written = moment(at, self.now())
        parent = page.latest if page else None
        page = page or self.new_page(wiki, title)
        current = parent is None or written > parent.at
        if redirect_to is not None and current:
            page.redirect_to = page.wiki.key(redirect_to)[1]
        before = next((old for old in reversed(page.revisions) if old.at < written), None)
        revision = self.new_revision(
            page, self.account(author), size=size, at=written, comment=summary, parent=parent if current else before
        )
        revision.measured = measured
        performer = self.account(importer)
        self.attach(performer, wiki)
        if current:
            self._emit_saved(revision, parent, performer)
        else:
            page.revisions.sort(key=lambda of: (of.at, of.id))
        self.record(wiki, "import", "interwiki", page.title, performer.name)
        return revision

    def protect(self, wiki: str, title: str, username: str, *, summary: str = "Protected") -> Revision:
        """Protect a page: a null revision that is in contributions, and not in the stream."""
        page = self.page(wiki, title)
        parent, performer = page.latest, self.account(username)
        self.record(wiki, "protect", "protect", page.title, performer.name)
        return self.new_revision(
            page, performer, size=parent.size, at=moment(None, self.now()), minor=True,
            comment=f"{summary} \"[[{page.title}]]\"", sha1=parent.sha1, parent=parent,
        )  # fmt: skip

    def change_tags(
        self, revision: Revision, *, added: list[str] | None = None, removed: list[str] | None = None,
        performer: Account | None = None,
    ) -> None:  # fmt: skip
        """Change a revision's tags and tell it, if anything changed."""
        prior = list(revision.tags)
        tags = [tag for tag in dict.fromkeys([*prior, *(added or [])]) if tag not in (removed or [])]
        if tags == prior:
            return
        revision.tags = tags
        if revision.page.deleted:
            return
        event = payloads.revision_event(
            TAGS_CHANGE, revision, performer=performer, ids=self.ids(),
            extra={"tags": tags, "prior_state": {"tags": prior}},
        )  # fmt: skip
        self.emit(event, TAGS_CHANGE)

    def _emit_saved(
        self, revision: Revision, parent: Revision | None, performer: Account, revert: dict[str, Any] | None = None
    ) -> None:
        kind = "edit" if parent else "create"
        event = self.page_change(kind, revision.page, dt=revision.at, performer=performer)
        if parent:
            event["prior_state"] = {"revision": payloads.revision(parent)}
        if revert:
            event["revision"]["revert"] = revert
        self.emit(event)

    def _leave_redirect(self, page: Page, old_key: str, mover: Account, at: str, comment: str, request_id: str) -> Page:
        redirect = self.new_page(page.wiki.dbname, old_key)
        redirect.redirect_to = page.key
        size = REDIRECT_SIZE + len(page.key.encode())
        revision = self.new_revision(redirect, mover, size=size, at=at, comment=comment)
        self.emit(self.page_change("create", redirect, dt=at, performer=mover, request_id=request_id))
        self.change_tags(revision, added=["mw-new-redirect"], performer=mover)
        return redirect
