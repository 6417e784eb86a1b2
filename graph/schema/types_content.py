# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles, edits and uploads, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import strawberry

from graph import activity
from graph.paging import ArticleQuery, EditQuery, UploadQuery
from graph.resolvers.reading import ListedArticle
from graph.resolvers.reading import Upload as KnownUpload
from graph.schema import addresses, ids
from graph.schema.context import Info
from graph.schema.fields import described, resolved, said
from graph.schema.scalars import BigInt
from graph.schema.types_base import RANKED, TIMED, Connection, Node, Wiki, cursors_of, cut, page_info
from graph.schema.types_people import Editor


@described
class Article(Node):
    """A page of a wiki with a counted edit."""

    wiki: Wiki = said("The wiki.")
    page_id: BigInt = said("The page's number on its wiki.")
    namespace: int = said("The number of the namespace it is in now.")
    title: str | None = said("The title with its namespace; null where the page is suppressed.")
    url: str | None = said("Where to read it; null where the page is suppressed.")
    deleted: bool = said("Whether it is deleted now.")

    @classmethod
    def of(cls, value: activity.Article) -> Article:
        """The page as the API shows it."""
        wiki = Wiki.named(value.wiki)
        return cls(
            id=ids.encode(ids.Kind.ARTICLE, value.id),
            wiki=wiki,
            page_id=BigInt(value.page_id),
            namespace=value.namespace,
            title=value.title,
            url=None if value.title is None else addresses.page(wiki.domain, value.title),
            deleted=value.deleted,
        )


@described
class Edit(Node):
    """A counted edit."""

    wiki: Wiki = said("The wiki.")
    revision_id: BigInt = said("The revision's number on its wiki.")
    article: Article = said("The page it was made to.")
    editor: Editor | None = said("Its author; null where the name is hidden on the wiki or is not shown here.")
    at: datetime = said("When it was saved on the wiki.")
    byte_change: int = said("The page's size in bytes after it, minus the size before.")
    created: bool = said("Whether it created the page.")
    minor: bool = said("Whether its author marked it as minor.")
    reverted: bool = said("Whether it was reverted.")
    summary: str | None = said("The author's summary; null where it is hidden.")
    diff_url: str = said("Where to see what it changed.")

    @classmethod
    def of(cls, value: activity.LedgerEdit) -> Edit:
        """The edit as the API shows it."""
        article = Article.of(value.article)
        return cls(
            id=ids.encode_edit(value.wiki, value.revision_id),
            wiki=article.wiki,
            revision_id=BigInt(value.revision_id),
            article=article,
            editor=None if value.editor is None else Editor.of(value.editor),
            at=value.at,
            byte_change=value.byte_change,
            created=value.created,
            minor=value.minor,
            reverted=value.reverted,
            summary=value.summary,
            diff_url=addresses.diff(article.wiki.domain, value.revision_id),
        )


@described
class Upload(Node):
    """A file uploaded to Wikimedia Commons."""

    file_name: str = said("The file's name, without its namespace.")
    page_url: str = said("The file's page on Commons.")
    thumbnail_url: str | None = said("The picture, 320 pixels wide; null where the file is gone.")
    editor: Editor | None = said("Who uploaded it; null where the name is hidden or is not shown here.")
    at: datetime = said("When it was uploaded.")
    usages: int | None = said("On how many articles of other wikis it is in use; null until known.")
    deleted: bool = said("Whether it is deleted now.")

    @classmethod
    def of(cls, value: KnownUpload) -> Upload:
        """The file as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.UPLOAD, value.id),
            file_name=value.file_name,
            page_url=addresses.file_page(value.file_name),
            thumbnail_url=None if value.deleted else addresses.thumbnail(value.file_name),
            editor=None if value.editor is None else Editor.of(value.editor),
            at=value.at,
            usages=None,
            deleted=value.deleted,
        )


@described
class ProgramArticleEdge:
    """An article's part in a program or campaign."""

    place: strawberry.Private[tuple[int, int]]
    cursor: str = said("The place in the list.")
    node: Article = said("The article.")
    created: bool = said("Whether one of the edits counted here created it.")
    excluded: bool = said("Whether an organizer excluded it.")
    edits: int = said("Counted edits to it.")
    bytes_added: BigInt = said("Bytes added to it by them.")
    references_added: int | None = said("References added to it by them; null until known.")
    views: BigInt | None = said("Its views since its first counted edit; null until known.")

    @resolved
    async def editors(self, info: Info) -> list[Editor]:
        """Who made these edits: at most ten, those with the most edits first."""
        found = await info.context.loaders.article_editors.load(self.place)
        return [Editor.of(editor) for editor in found]

    @classmethod
    def of(cls, value: ListedArticle, collection: int, cursor: str) -> ProgramArticleEdge:
        """The part as the API shows it."""
        return cls(
            place=(collection, value.article.id),
            cursor=cursor,
            node=Article.of(value.article),
            created=value.created,
            excluded=value.excluded,
            edits=value.edits,
            bytes_added=BigInt(value.bytes_added),
            references_added=None,
            views=None,
        )


@described
class ProgramArticleConnection(Connection):
    """The articles of a program or campaign, page by page."""

    edges: list[ProgramArticleEdge] = said("The articles of this page with their part in it.")
    nodes: list[Article] = said("The articles of this page.")

    @classmethod
    async def page(
        cls, info: Info, collection: int, query: ArticleQuery, first: int | None, after: str | None
    ) -> ProgramArticleConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        listing = f"articles {query.order}"
        part = cut(listing, RANKED, first, after)
        loaders = info.context.loaders
        page = await loaders.articles.load((collection, query, part))
        places = cursors_of(listing, page)
        edges = [
            ProgramArticleEdge.of(item.value, collection, cursor)
            for item, cursor in zip(page.items, places, strict=True)
        ]
        return cls(
            counted=partial(loaders.article_counts.load, (collection, query)),
            page_info=page_info(page, places, part),
            edges=edges,
            nodes=[edge.node for edge in edges],
        )


@described
class EditEdge:
    """An edit in a list."""

    cursor: str = said("The place in the list.")
    node: Edit = said("The edit.")


@described
class EditConnection(Connection):
    """Counted edits, the newest first, page by page."""

    edges: list[EditEdge] = said("The edits of this page with their cursors.")
    nodes: list[Edit] = said("The edits of this page.")

    @classmethod
    async def page(
        cls, info: Info, collection: int, query: EditQuery, first: int | None, after: str | None
    ) -> EditConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        part = cut("edits", TIMED, first, after)
        loaders = info.context.loaders
        page = await loaders.edits.load((collection, query, part))
        places = cursors_of("edits", page)
        nodes = [Edit.of(item.value) for item in page.items]
        return cls(
            counted=partial(loaders.edit_counts.load, (collection, query)),
            page_info=page_info(page, places, part),
            edges=[EditEdge(cursor=cursor, node=node) for cursor, node in zip(places, nodes, strict=True)],
            nodes=nodes,
        )


@described
class UploadEdge:
    """An upload in a list."""

    cursor: str = said("The place in the list.")
    node: Upload = said("The upload.")


@described
class UploadConnection(Connection):
    """Uploads, the newest first, page by page."""

    edges: list[UploadEdge] = said("The uploads of this page with their cursors.")
    nodes: list[Upload] = said("The uploads of this page.")

    @classmethod
    async def page(
        cls, info: Info, collection: int, query: UploadQuery, first: int | None, after: str | None
    ) -> UploadConnection:
        """The page asked for. Raises UserFault (INVALID)."""
        part = cut("uploads", TIMED, first, after)
        loaders = info.context.loaders
        page = await loaders.uploads.load((collection, query, part))
        places = cursors_of("uploads", page)
        nodes = [Upload.of(item.value) for item in page.items]
        return cls(
            counted=partial(loaders.upload_counts.load, (collection, query)),
            page_info=page_info(page, places, part),
            edges=[UploadEdge(cursor=cursor, node=node) for cursor, node in zip(places, nodes, strict=True)],
            nodes=nodes,
        )
