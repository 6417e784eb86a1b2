# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers, as the API shows them."""

from __future__ import annotations

from datetime import datetime

from graph import programs as nouns
from graph import tallies
from graph.programs import GoalMetric
from graph.schema.fields import described, said
from graph.schema.scalars import BigInt
from graph.schema.types_base import Wiki


def big(value: int | None) -> BigInt | None:
    """``value`` as the scalar; None stays None."""
    return None if value is None else BigInt(value)


@described
class Metrics:
    """The headline numbers.

    Each counts the same edits, whether they came live or were read later; docs/metrics.md defines them.
    """

    total_edits: int = said("Counted edits, in every namespace.")
    articles_created: int = said("Articles whose first revision is a counted edit and no redirect.")
    articles_edited: int = said("Distinct pages in tracked namespaces with a counted edit.")
    editors: int = said("Enrolled editors, whether or not they edited.")
    active_editors: int = said("Editors with at least one counted edit.")
    new_editors: int = said("Editors whose account was registered within the tracking window.")
    bytes_added: BigInt = said("Bytes added in tracked namespaces: the positive changes only.")
    bytes_removed: BigInt = said("Bytes removed in tracked namespaces, as a positive number.")
    words_added: int | None = said(
        "Words added, estimated from bytes on wikis in Latin script; null where no such wiki is tracked."
    )
    commons_uploads: int = said("New files on Wikimedia Commons, tracked or not.")
    reverted_edits: int = said("Counted edits that carry the tag mw-reverted.")
    references_added: int | None = said("References added; null until the first is known.")
    article_views: BigInt | None = said("Views of the articles since their first counted edit; null until known.")
    uploads_in_use: int | None = said("Uploads in use on an article of another wiki; null until known.")
    upload_usages: int | None = said("Uses of the uploads on articles of other wikis; null until known.")
    enriched_as_of: datetime | None = said("Up to when the numbers that come later are complete; null until known.")
    as_of: datetime = said("The moment up to which these numbers are complete.")
    version: BigInt = said("Grows with every change of these numbers.")

    @classmethod
    def of(cls, value: tallies.Metrics) -> Metrics:
        """The numbers as the API shows them."""
        return cls(
            total_edits=value.total_edits,
            articles_created=value.articles_created,
            articles_edited=value.articles_edited,
            editors=value.editors,
            active_editors=value.active_editors,
            new_editors=value.new_editors,
            bytes_added=BigInt(value.bytes_added),
            bytes_removed=BigInt(value.bytes_removed),
            words_added=value.words_added,
            commons_uploads=value.commons_uploads,
            reverted_edits=value.reverted_edits,
            references_added=value.references_added,
            article_views=big(value.article_views),
            uploads_in_use=value.uploads_in_use,
            upload_usages=value.upload_usages,
            enriched_as_of=value.enriched_as_of,
            as_of=value.as_of,
            version=BigInt(value.version),
        )


@described
class WikiMetrics:
    """The numbers of one wiki, or of one namespace of it."""

    wiki: Wiki = said("The wiki.")
    namespace: int | None = said("The namespace's number; null for the whole wiki.")
    metrics: Metrics = said("Its numbers. Enrolled and new editors are those of the whole.")

    @classmethod
    def of(cls, value: tallies.WikiMetrics) -> WikiMetrics:
        """The numbers as the API shows them."""
        return cls(wiki=Wiki.named(value.wiki), namespace=value.namespace, metrics=Metrics.of(value.metrics))


@described
class TimelinePoint:
    """The counted edits of one bucket of time."""

    at: datetime = said("Where the bucket begins.")
    edits: int = said("Counted edits.")
    bytes_added: BigInt = said("Bytes added in tracked namespaces: the positive changes only.")
    active_editors: int = said("Editors with a counted edit.")
    articles_created: int = said("Articles created.")

    @classmethod
    def of(cls, value: tallies.TimelinePoint) -> TimelinePoint:
        """The point as the API shows it."""
        return cls(
            at=value.at,
            edits=value.edits,
            bytes_added=BigInt(value.bytes_added),
            active_editors=value.active_editors,
            articles_created=value.articles_created,
        )


@described
class Goal:
    """A number that a program wants to reach."""

    metric: GoalMetric = said("Which number.")
    target: BigInt = said("What it is to reach.")
    actual: BigInt = said("What it is now.")
    reached_at: datetime | None = said("When it was first reached; it stays reached. Null until then.")

    @classmethod
    def of(cls, value: nouns.Goal) -> Goal:
        """The goal as the API shows it."""
        return cls(
            metric=value.metric, target=BigInt(value.target), actual=BigInt(value.actual), reached_at=value.reached_at
        )
