# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mutation with what it needs to be allowed, and a call of it that succeeds for whoever may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graph.permissions import Action, Part
from graph.resolvers.identity import Actor
from graph.schema import ids
from tests.resolvers.permission_scene import Place, Scene
from tests.resolvers.stage import END, START

NOWHERE: dict[ids.Kind, str] = {kind: ids.encode(kind, 999_999_999) for kind in ids.Kind if kind is not ids.Kind.EDIT}


@dataclass(frozen=True)
class Case:
    """One mutation.

    ``action`` is what one must be allowed to do. ``of`` names the input field by which a program is found, which must
    not be told from a missing one, and ``kind`` what that field is the id of. ``told`` has what those who may are told
    all the same, and ``refusal`` what those are told who may not. ``empty``: the program has no participants.
    """

    mutation: str
    action: Action
    fields: Callable[[Scene, Place, Actor], dict[str, Any]]
    of: str | None = None
    kind: ids.Kind = ids.Kind.PROGRAM
    told: Mapping[Part, str] = field(default_factory=dict)
    refusal: str = "NOT_ALLOWED"
    empty: bool = False


def _program(mutation: str, action: Action, of: str = "programId", **rest: Any) -> Case:
    """A mutation of a program that needs its id and fixed fields."""
    fixed = rest.pop("fixed", {})
    return Case(mutation, action, lambda _, place, __: {of: place.program, **fixed}, of=of, **rest)


def _campaign(mutation: str, action: Action, of: str = "campaignId", **fixed: Any) -> Case:
    return Case(mutation, action, lambda scene, _, __: {of: scene.campaign, **fixed})


def _anything(mutation: str, action: Action, **fixed: Any) -> Case:
    return Case(mutation, action, lambda _, __, ___: dict(fixed))


def _someones_assignment(_: Scene, place: Place, __: Actor) -> dict[str, Any]:
    return {"id": next(iter(place.assignments.values()))}


def _own_assignment(_: Scene, place: Place, actor: Actor) -> dict[str, Any]:
    """One's own, or, for whoever has none, another's."""
    return {"id": place.assignments.get(actor, next(iter(place.assignments.values())))}


_DATES = {"trackingStart": START, "trackingEnd": END}
_NEW = {"title": "New", "institution": "University", "homeWiki": "enwiki", **_DATES}
_HELPER = {"username": "A Helper"}
_STAFF = {**_HELPER, "role": "STAFF"}
# Whoever may leave and is not enrolled (an admin), or not as what one leaves as (a facilitator), is told so.
_NOT_IN = {Part.ADMIN: "NOT_ENROLLED", Part.FACILITATOR: "NOT_ENROLLED"}
_NO_EDITOR = {**_NOT_IN, Part.VOLUNTEER: "NOT_ENROLLED"}
_A, _K = Action, ids.Kind

CASES = [
    _anything("createProgram", _A.CREATE, **_NEW),
    _anything("createCampaign", _A.CREATE, title="New"),
    _anything("createOrganization", _A.ADMINISTER, name="New"),
    _anything("grantAdmin", _A.ADMINISTER, username="The signed-in"),
    _anything("revokeAdmin", _A.ADMINISTER, **_HELPER),
    Case("updateOrganization", _A.EDIT_ORGANIZATION, lambda scene, _, __: {"id": scene.organization, "name": "New"}),
    _campaign("updateCampaign", _A.EDIT_CAMPAIGN, "id", title="New"),
    _campaign("deleteCampaign", _A.DELETE_CAMPAIGN, "id"),
    _campaign("addCampaignOrganizer", _A.EDIT_CAMPAIGN, **_HELPER),
    _campaign("removeCampaignOrganizer", _A.EDIT_CAMPAIGN, username="Amara Quill"),
    Case(
        "addProgramToCampaign",
        _A.ADD_TO_CAMPAIGN,
        lambda scene, place, _: {"campaignId": scene.other_campaign, "programId": place.program},
        of="programId",
    ),
    Case(
        "removeProgramFromCampaign",
        _A.REMOVE_FROM_CAMPAIGN,
        lambda scene, place, _: {"campaignId": scene.campaign, "programId": place.program},
        of="programId",
    ),
    _program("updateProgram", _A.EDIT_PROGRAM, "id", fixed={"title": "New"}),
    _program("cloneProgram", _A.CLONE_PROGRAM, "id", fixed={"title": "New", **_DATES}),
    _program("withdrawProgram", _A.WITHDRAW_PROGRAM, "id"),
    _program("restoreProgram", _A.WITHDRAW_PROGRAM, "id"),
    Case("deleteProgram", _A.DELETE_PROGRAM, lambda _, place, __: {"id": place.program, "confirmTitle": place.title},
         of="id"),
    Case("deleteProgram", _A.DELETE_PROGRAM, lambda _, place, __: {"id": place.program, "confirmTitle": place.title},
         of="id", empty=True),
    _program("setGoals", _A.EDIT_PROGRAM, fixed={"goals": [{"metric": "TOTAL_EDITS", "target": 5}]}),
    _program("renewInvitation", _A.EDIT_PROGRAM),
    _program("requestUpdate", _A.REQUEST_UPDATE),
    _program("createScreenToken", _A.SCREEN_TOKENS, fixed={"name": "Hall"}),
    Case("revokeScreenToken", _A.SCREEN_TOKENS, lambda _, place, __: {"id": place.screen_token},
         of="id", kind=_K.SCREEN_TOKEN),
    Case("createAccessToken", _A.OWN_TOKENS, lambda _, __, ___: {"name": "App"}),
    Case("revokeAccessToken", _A.OWN_TOKENS,
         lambda scene, _, actor: {"id": scene.access_tokens.get(actor, NOWHERE[_K.ACCESS_TOKEN])}),
    Case("retryJob", _A.ADMINISTER, lambda scene, _, __: {"id": scene.dead_letter}),
    Case("discardJob", _A.ADMINISTER, lambda scene, _, __: {"id": scene.dead_letter}),
    _program("createSession", _A.EDIT_PROGRAM, fixed={"title": "New", "start": START, "end": END}),
    Case("updateSession", _A.EDIT_SESSION, lambda _, place, __: {"id": place.session, "title": "New"},
         of="id", kind=_K.SESSION),
    Case("deleteSession", _A.EDIT_PROGRAM, lambda _, place, __: {"id": place.session}, of="id", kind=_K.SESSION),
    Case("excludeArticle", _A.EDIT_PROGRAM,
         lambda _, place, __: {"programId": place.program, "articleId": place.article}, of="programId"),
    Case("includeArticle", _A.EDIT_PROGRAM,
         lambda _, place, __: {"programId": place.program, "articleId": place.excluded}, of="programId"),
    Case("hideCard", _A.EDIT_PROGRAM,
         lambda _, place, __: {"programId": place.program, "editId": place.edit}, of="programId"),
    Case("showCard", _A.EDIT_PROGRAM,
         lambda _, place, __: {"programId": place.program, "editId": place.edit}, of="programId"),
    _program("addEditors", _A.MANAGE_EDITORS, fixed={"usernames": ["Newcomer"]}),
    Case("removeEditor", _A.MANAGE_EDITORS,
         lambda _, place, __: {"programId": place.program, "username": "The editor"}, of="programId"),
    _program("giveVolunteerRole", _A.MANAGE_EDITORS, fixed={**_HELPER, "role": "CAMPUS_VOLUNTEER"}),
    _program("takeVolunteerRole", _A.MANAGE_EDITORS, fixed=_STAFF),
    _program("addFacilitator", _A.MANAGE_FACILITATORS, fixed=_HELPER),
    _program("removeFacilitator", _A.MANAGE_FACILITATORS, fixed={"username": "Amara Quill"}),
    # An invitation is all that is asked for: whoever holds it may know of the program.
    Case("joinProgram", _A.JOIN, lambda _, place, __: {"invitation": place.invitation},
         told={Part.EDITOR: "ALREADY_ENROLLED"}),
    _program("leaveProgram", _A.LEAVE, refusal="NOT_ENROLLED", told=_NOT_IN),
    _program("setShowName", _A.LEAVE, fixed={"showName": False}, refusal="NOT_ENROLLED", told=_NO_EDITOR),
    _program("acknowledgeEnrollment", _A.LEAVE, fixed={"showName": False}, refusal="NOT_ENROLLED", told=_NO_EDITOR),
    _program("addScope", _A.EDIT_PROGRAM, fixed={"kind": "PAGEPILE", "wiki": "enwiki", "value": "4711"}),
    Case("removeScope", _A.EDIT_PROGRAM, lambda _, place, __: {"id": place.scope}, of="id", kind=_K.SCOPE),
    _program("refreshScopes", _A.REQUEST_UPDATE),
    _program("assignArticle", _A.EDIT_PROGRAM, fixed={"username": "The editor", "title": "Moss"}),
    Case("unassignArticle", _A.EDIT_PROGRAM, _someones_assignment, of="id", kind=_K.ASSIGNMENT),
    _program("addAvailableArticles", _A.EDIT_PROGRAM, fixed={"articles": "Moss"}),
    Case("removeAvailableArticle", _A.EDIT_PROGRAM, lambda _, place, __: {"id": place.available},
         of="id", kind=_K.AVAILABLE_ARTICLE),
    Case("claimArticle", _A.LEAVE, lambda _, place, __: {"id": place.available},
         of="id", kind=_K.AVAILABLE_ARTICLE, refusal="NOT_ENROLLED", told=_NO_EDITOR),
    Case("releaseArticle", _A.LEAVE, _own_assignment,
         of="id", kind=_K.ASSIGNMENT, refusal="NOT_ENROLLED", told=_NO_EDITOR),
]  # fmt: skip
