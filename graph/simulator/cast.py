# SPDX-License-Identifier: GPL-3.0-or-later
"""Who takes part in the editathon: one campaign of three programs, about thirty fictitious people. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Person:
    """A participant. ``days`` is the age of the account when the editathon begins; 0 is registered for it."""

    username: str
    home: str
    days: int


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A number a program wants to reach: ``metric`` as the API names it."""

    metric: str
    target: int


@dataclass(frozen=True, slots=True)
class ProgramPlan:
    """A program to be set up. ``wikis`` maps each tracked wiki to the namespaces whose pages are articles."""

    slug: str
    title: str
    institution: str
    type: str
    home_wiki: str
    wikis: Mapping[str, tuple[int, ...]]
    participants: tuple[str, ...]
    goals: tuple[GoalPlan, ...]


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """The campaign to be set up, with all its programs; they share the tracking window."""

    slug: str
    title: str
    description: str
    organization: str
    organization_slug: str
    tracking_start: datetime
    tracking_end: datetime
    programs: tuple[ProgramPlan, ...]


PEOPLE = (
    Person("Amara Quillfeather", "enwiki", 2900),
    Person("Tobias Lanternworth", "enwiki", 1410),
    Person("Ines Marrowby", "enwiki", 3720),
    Person("Oskar Pennywhistle", "enwiki", 610),
    Person("Priya Saltmarsh", "enwiki", 0),
    Person("Noor Featherstonehall", "enwiki", 0),
    Person("ليلى النورسية", "arwiki", 2210),
    Person("سامي الغيماوي", "arwiki", 980),
    Person("هالة القمرائية", "arwiki", 0),
    Person("رامي البحرواني", "arwiki", 1730),
    Person("ندى السنبلية", "arwiki", 0),
    Person("林溪月白", "zhwiki", 1950),
    Person("陈云岫", "zhwiki", 2480),
    Person("苏晚枫桥", "zhwiki", 0),
    Person("江见鹿鸣", "zhwiki", 760),
    Person("Вера Ясноручьёва", "ruwiki", 3150),
    Person("Тимур Облаков-Речной", "ruwiki", 1240),
    Person("Зоя Камышинская-Лес", "ruwiki", 0),
    Person("Глеб Туманогоров", "ruwiki", 2040),
    Person("Greta Weidenmoos", "dewiki", 430),
    Person("Jonas Kupferbach", "dewiki", 395),
    Person("Mathilda Nebelkamp", "dewiki", 0),
    Person("Anselm Otterbein-See", "dewiki", 2710),
    Person("Ronja Silberquell", "dewiki", 0),
    Person("Lucía Ventisquera", "eswiki", 1820),
    Person("Mateo Aguaclara", "eswiki", 905),
    Person("Camila Nubeverde", "eswiki", 0),
    Person("Iker Peñalba-Ríos", "eswiki", 2330),
    Person("Valentina Brisamar", "eswiki", 0),
    Person("Joaquín Sierraluz", "eswiki", 1515),
)
_BY_HOME = {home: tuple(person.username for person in PEOPLE if person.home == home) for home in
            ("enwiki", "arwiki", "zhwiki", "ruwiki", "dewiki", "eswiki")}  # fmt: skip

OPENING = ProgramPlan(
    slug="rivers-opening-day",
    title="Rivers of the World: opening day",
    institution="Open Waters Collective",
    type="EDITATHON",
    home_wiki="enwiki",
    wikis={"enwiki": (0,), "arwiki": (0,), "zhwiki": (0,), "ruwiki": (0,), "eswiki": (0,)},
    participants=(
        *_BY_HOME["enwiki"],
        *_BY_HOME["arwiki"],
        *_BY_HOME["zhwiki"],
        *_BY_HOME["ruwiki"],
        *_BY_HOME["eswiki"][:2],
    ),
    goals=(GoalPlan("ARTICLES_CREATED", 20), GoalPlan("TOTAL_EDITS", 500), GoalPlan("COMMONS_UPLOADS", 5)),
)
CLASSROOM = ProgramPlan(
    slug="rivers-hydrology-class",
    title="Hydrologie schreiben: ein Seminar",
    institution="Hochschule am Quellbach",
    type="CLASSROOM",
    home_wiki="dewiki",
    wikis={"dewiki": (0,), "enwiki": (0,)},
    participants=(*_BY_HOME["dewiki"], "Oskar Pennywhistle"),
    goals=(GoalPlan("BYTES_ADDED", 30_000),),
)
DATA_DAY = ProgramPlan(
    slug="rivers-data-day",
    title="Ríos en datos",
    institution="Taller de los Afluentes",
    type="BASIC",
    home_wiki="eswiki",
    wikis={"eswiki": (0,), "wikidatawiki": (0,), "commonswiki": (6,)},
    participants=(*_BY_HOME["eswiki"], "Ines Marrowby", "Вера Ясноручьёва"),
    goals=(GoalPlan("TOTAL_EDITS", 50),),
)


def campaign(start: datetime) -> CampaignPlan:
    """The campaign of an editathon that begins now: tracked from an hour before, for a week."""
    return CampaignPlan(
        slug="rivers-of-the-world",
        title="Rivers of the World",
        description="Articles, pictures and data about rivers, in many languages at once.",
        organization="Open Waters Collective",
        organization_slug="open-waters",
        tracking_start=start - timedelta(hours=1),
        tracking_end=start + timedelta(days=7),
        programs=(OPENING, CLASSROOM, DATA_DAY),
    )
