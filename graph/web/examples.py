# SPDX-License-Identifier: GPL-3.0-or-later
"""The example operations that the explorer offers; a test runs each in a browser."""

from __future__ import annotations

from graph.web.graphql_explorer import Example

PROGRAMS = """\
query Programs {
  programs(first: 10, orderBy: RECENT_ACTIVITY) {
    nodes {
      slug title institution status
      metrics { totalEdits articlesCreated articlesEdited editors activeEditors bytesAdded asOf }
    }
  }
}
"""

CAMPAIGN = """\
query Campaign($slug: String!) {
  campaign(slug: $slug) {
    title
    metrics { totalEdits articlesCreated activeEditors bytesAdded }
    metricsByWiki { wiki { dbname } namespace metrics { totalEdits } }
    programs(first: 25) {
      nodes {
        title
        metrics { totalEdits articlesCreated }
        editors(first: 5, orderBy: EDITS) { edges { node { username } metrics { edits bytesAdded lastEditAt } } }
      }
    }
  }
}
"""

NUMBERS = """\
subscription Numbers($slug: String!) {
  programMetrics(slug: $slug) { totalEdits articlesCreated activeEditors bytesAdded version asOf }
}
"""

ACTIVITY = """\
subscription Activity($slug: String!, $after: String) {
  campaignActivity(slug: $slug, after: $after) {
    __typename
    ... on EditCounted {
      cursor
      edit { at byteChange created article { title wiki { dbname } } editor { username } }
      programs { slug }
      metrics { totalEdits }
    }
    ... on EditRetracted { cursor editId reason }
    ... on MilestoneReached { cursor goal { metric target actual } }
    ... on SnapshotRequired { cursor }
  }
}
"""

SLUG = '{ "slug": "" }'

SERVICE = """\
subscription Service {
  service { connected upstreamLagSeconds ownLagSeconds lastEventAt }
}
"""


def examples() -> list[Example]:
    """The examples; those about one thing name the list from which the page takes one."""
    return [
        Example("Programs and their numbers", PROGRAMS),
        Example("A campaign, its programs and their editors", CAMPAIGN, SLUG, "campaigns"),
        Example("A program's numbers, live", NUMBERS, SLUG, "programs"),
        Example("A campaign's activity, live", ACTIVITY, SLUG, "campaigns"),
        Example("How the service is, live", SERVICE),
    ]
