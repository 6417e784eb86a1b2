# SPDX-License-Identifier: GPL-3.0-or-later
"""The bodies of events, with the fields and in the order the real producers write them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from graph.simulator.log import PAGE_CHANGE
from graph.simulator.pages import HIDDEN_COMMENT, HIDDEN_TEXT, HIDDEN_USER, Account, Page, Revision
from graph.simulator.wikis import Wiki

Fields = dict[str, Any]

PAGE_CHANGE_SCHEMA = "/mediawiki/page/change/1.12.0"
CHANGELOG_KINDS = {
    "create": "insert",
    "undelete": "insert",
    "edit": "update",
    "move": "update",
    "visibility_change": "update",
    "delete": "delete",
}


def user(account: Account, wiki: Wiki) -> Fields:
    """A user as page changes show one (``performer``, ``revision.editor``)."""
    local = account.local[wiki.dbname]
    fields: Fields = {
        "user_text": account.name,
        "groups": account.effective_groups(),
        "is_temp": account.temporary,
        "wiki_id": wiki.dbname,
    }
    if local.first_edit is not None:
        fields["first_edit_dt"] = local.first_edit
    fields["user_id"] = local.user_id
    fields["edit_count"] = local.edit_count
    if local.registered:
        fields["registration_dt"] = local.registered
    fields["user_central_id"] = account.central_id
    fields["is_bot"] = account.bot
    fields["is_system"] = False
    fields["edit_global_count"] = account.edit_count
    return fields


def visibility(hidden: int) -> Fields:
    """The three flags of a revision's visibility, as page changes name them."""
    return {
        "is_content_visible": not hidden & HIDDEN_TEXT,
        "is_editor_visible": not hidden & HIDDEN_USER,
        "is_comment_visible": not hidden & HIDDEN_COMMENT,
    }


def revision(of: Revision) -> Fields:
    """A revision; a hidden comment or editor is left out, and nobody's name is told on a redacted page."""
    page = of.page
    model, content_format = page.wiki.content_model(page.namespace)
    fields: Fields = {
        "rev_id": of.id,
        "rev_dt": of.at,
        "is_minor_edit": of.minor,
        "rev_sha1": of.sha1,
        "rev_size": of.size,
        "rev_parent_id": of.parent_id,
    }
    if of.shows(HIDDEN_COMMENT):
        fields["comment"] = of.comment
    fields.update(visibility(of.hidden))
    if of.shows(HIDDEN_USER) and not page.redacted:
        fields["editor"] = user(of.author, page.wiki)
    fields["content_slots"] = {
        "main": {
            "slot_role": "main",
            "content_model": model,
            "content_sha1": of.sha1,
            "content_size": of.size,
            "content_format": content_format,
            "origin_rev_id": of.id,
        }
    }
    return fields


def page_entity(page: Page, key: str | None = None, namespace: int | None = None) -> Fields:
    """A page, by default under its present title."""
    number = page.namespace if namespace is None else namespace
    return {
        "page_id": page.id,
        "page_title": key or page.key,
        "namespace_id": number,
        "is_redirect": page.redirect_to is not None,
        "namespace_is_content": number in page.wiki.content,
    }


@lru_cache(maxsize=10_000)
def _quoted(key: str) -> str:
    return quote(key, safe=";@$!*(),/~:")


def meta(stream: str, wiki: Wiki, key: str, event_id: str, request_id: str) -> Fields:
    """The start of ``meta``; the log adds dt, topic, partition, offset and key."""
    return {
        "stream": stream,
        "uri": f"https://{wiki.domain}/wiki/{_quoted(key)}",
        "id": event_id,
        "domain": wiki.domain,
        "request_id": request_id,
    }


def page_change(
    kind: str,
    page: Page,
    *,
    dt: str,
    performer: Account | None,
    ids: tuple[str, str],
    target: Page | None = None,
    comment: str | None = None,
) -> Fields:
    """What all page changes share; ``ids`` are the event's and the request's, ``target`` a redirect's,
    ``comment`` the reason of an action.

    Without ``performer`` (suppression) the key is absent; on a redacted page it is an empty object.
    """
    wiki = page.wiki
    entity = page_entity(page)
    if page.redirect_to is not None:
        entity["redirect_page_link"] = _link(page, target)
    fields: Fields = {
        "changelog_kind": CHANGELOG_KINDS[kind],
        "page_change_kind": kind,
        "dt": dt,
        "wiki_id": wiki.dbname,
        "page": entity,
    }
    if performer is not None:
        fields["performer"] = {} if page.redacted else user(performer, wiki)
    if comment is not None:
        fields["comment"] = comment
    fields["revision"] = revision(page.latest)
    fields["$schema"] = PAGE_CHANGE_SCHEMA
    fields["meta"] = meta(PAGE_CHANGE, wiki, page.key, *ids)
    return fields


def _link(page: Page, target: Page | None) -> Fields:
    key = page.redirect_to or ""
    link: Fields = {"page_title": key, "namespace_id": page.wiki.key(key)[0]}
    if target is not None:
        link.update(page_id=target.id, is_redirect=target.redirect_to is not None)
    return link


def revision_event(
    stream: str, of: Revision, *, performer: Account | None, ids: tuple[str, str], extra: Fields
) -> Fields:
    """What tags-change and visibility-change share, in the older shape of their schemas 1.0.0."""
    page = of.page
    model, content_format = page.wiki.content_model(page.namespace)
    fields: Fields = {
        "database": page.wiki.dbname,
        "page_id": page.id,
        "page_title": page.key,
        "page_namespace": page.namespace,
        "rev_id": of.id,
        "rev_timestamp": of.at,
        "rev_sha1": of.sha1,
        "rev_minor_edit": of.minor,
        "rev_len": of.size,
        "rev_content_model": model,
        "rev_content_format": content_format,
    }
    if performer is not None and not page.redacted:
        fields["performer"] = _older_user(performer, page.wiki)
    fields["page_is_redirect"] = of.redirect
    if of.shows(HIDDEN_COMMENT) and of.comment:
        fields["comment"] = of.comment
        fields["parsedcomment"] = of.comment
    if of.parent_id:
        fields["rev_parent_id"] = of.parent_id
    fields.update(extra)
    name = stream.rpartition("revision-")[2]
    fields["$schema"] = f"/mediawiki/revision/{name}/1.0.0"
    fields["meta"] = meta(stream, page.wiki, page.key, *ids)
    return fields


def _older_user(account: Account, wiki: Wiki) -> Fields:
    local = account.local[wiki.dbname]
    return {
        "user_text": account.name,
        "user_groups": account.effective_groups(),
        "user_is_bot": account.bot,
        "user_id": local.user_id,
        "user_registration_dt": local.registered,
        "user_edit_count": local.edit_count,
    }


def older_visibility(hidden: int) -> dict[str, bool]:
    """The three flags as the visibility-change stream names them."""
    return {
        "text": not hidden & HIDDEN_TEXT,
        "user": not hidden & HIDDEN_USER,
        "comment": not hidden & HIDDEN_COMMENT,
    }
