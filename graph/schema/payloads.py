# SPDX-License-Identifier: GPL-3.0-or-later
"""What mutations answer: what changed, and the faults of whoever asked. With faults, nothing has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import strawberry

from graph import programs as nouns
from graph.errors import ErrorCode, UserFault
from graph.resolvers import tokens, updating
from graph.resolvers.organizing_cohorts import Added, Previewed
from graph.schema import ids
from graph.schema.fields import described, said
from graph.schema.types_campaign import Campaign, Organization
from graph.schema.types_people import Editor
from graph.schema.types_program import Program
from graph.schema.types_session import Session
from graph.schema.types_tokens import AccessToken, ScreenToken
from graph.schema.types_update import DeadLetter


@described
class UserError:
    """Something that whoever asked can mend."""

    code: ErrorCode = said("What kind of fault it is; a promise to client apps.")
    message: str = said("The fault in words, for people.")
    field: list[str] | None = said("The path of the input field at fault; null where it is none in particular.")

    @classmethod
    def all_of(cls, faults: Iterable[UserFault]) -> list[UserError]:
        """The faults as the API shows them."""
        return [
            cls(code=fault.code, message=str(fault), field=None if fault.field is None else list(fault.field))
            for fault in faults
        ]


@described
class Payload:
    """What every mutation answers."""

    user_errors: list[UserError] = said("What whoever asked can mend; empty on success.", default=())


@described
class ProgramPayload(Payload):
    """What a mutation of a program answers."""

    program: Program | None = said("The program as it is now.", default=None)

    @classmethod
    def of(cls, value: nouns.Program) -> Self:
        """The answer of success."""
        return cls(program=Program.of(value))


@described
class CreateProgramPayload(ProgramPayload):
    """The program that was created."""


@described
class UpdateProgramPayload(ProgramPayload):
    """The program that was changed."""


@described
class WithdrawProgramPayload(ProgramPayload):
    """The program that was withdrawn."""


@described
class RestoreProgramPayload(ProgramPayload):
    """The program that was restored."""


@described
class VolunteerPayload(ProgramPayload):
    """The program whose volunteers changed."""


@described
class CloneProgramPayload(ProgramPayload):
    """The program that was made like the other."""


@described
class EnrollmentPayload(ProgramPayload):
    """The program that was joined or left."""


@described
class FacilitatorPayload(ProgramPayload):
    """The program whose facilitators changed."""


@described
class ArticleTrackingPayload(ProgramPayload):
    """The program whose articles changed."""


@described
class HideCardPayload(ProgramPayload):
    """The program on whose screens the edit is not shown any more."""


@described
class ShowCardPayload(ProgramPayload):
    """The program on whose screens the edit may be shown again."""


@described
class SetGoalsPayload(ProgramPayload):
    """The program whose goals were set."""


@described
class RequestUpdatePayload(ProgramPayload):
    """The program whose history is read again."""


@described
class RenewInvitationPayload(ProgramPayload):
    """The program with its new invitation."""


@described
class AddEditorsPayload(ProgramPayload):
    """What became of the pasted names: each is in `added`, in `pending`, or named in `userErrors`."""

    added: list[Editor] = said("Who was enrolled.", default=())
    pending: list[str] = said("Names that the wikis could not be asked about yet; they are finished soon.", default=())

    @classmethod
    def made(cls, value: Added) -> AddEditorsPayload:
        """The answer; part of the names may be at fault."""
        return cls(
            program=Program.of(value.program),
            added=[Editor.of(editor) for editor in value.added],
            pending=list(value.pending),
            user_errors=UserError.all_of(value.faults),
        )


@described
class EditorsPreview:
    """What adding pasted names would come to: each is in `added`, in `pending`, or named in `errors`."""

    added: list[str] = said("Who would be enrolled, as the wikis write their names.", default=())
    pending: list[str] = said("Names that the wikis could not be asked about now.", default=())
    errors: list[UserError] = said("What `addEditors` would not add, and why.", default=())

    @classmethod
    def of(cls, value: Previewed) -> EditorsPreview:
        """The preview as the API shows it."""
        return cls(added=list(value.added), pending=list(value.pending), errors=UserError.all_of(value.faults))


@described
class SessionPayload(ProgramPayload):
    """The session, and its program."""

    session: Session | None = said("The session as it is now; null where it was deleted.", default=None)

    @classmethod
    def made(cls, value: tuple[nouns.Session, nouns.Program]) -> SessionPayload:
        """The answer of success."""
        return cls(session=Session.of(value[0]), program=Program.of(value[1]))

    @classmethod
    def gone(cls, value: nouns.Program) -> SessionPayload:
        """The answer of a deletion."""
        return cls(program=Program.of(value))


@described
class DeletedPayload(Payload):
    """What a deletion answers."""

    deleted_id: strawberry.ID | None = said("The id of what is gone.", default=None)


@described
class DeleteProgramPayload(DeletedPayload):
    """The program that was deleted."""

    @classmethod
    def of(cls, number: int) -> Self:
        """The answer of success."""
        return cls(deleted_id=ids.encode(ids.Kind.PROGRAM, number))


@described
class DeleteCampaignPayload(DeletedPayload):
    """The campaign that was deleted."""

    @classmethod
    def of(cls, number: int) -> Self:
        """The answer of success."""
        return cls(deleted_id=ids.encode(ids.Kind.CAMPAIGN, number))


@described
class AdminPayload(Payload):
    """The admins as they are now."""

    admins: list[Editor] = said("Everybody whom an admin made one; those that the settings name apart.", default=())

    @classmethod
    def of(cls, value: Sequence[nouns.Editor]) -> Self:
        """The answer of success."""
        return cls(admins=[Editor.of(editor) for editor in value])


@described
class DeadLettersPayload(Payload):
    """The dead letters that are left."""

    dead_letters: list[DeadLetter] = said("The jobs that failed too often, the newest first.", default=())

    @classmethod
    def of(cls, value: Sequence[updating.DeadLetter]) -> Self:
        """The answer of success."""
        return cls(dead_letters=[DeadLetter.of(letter) for letter in value])


@described
class OrganizationPayload(Payload):
    """The organization as it is now."""

    organization: Organization | None = said("The organization as it is now.", default=None)

    @classmethod
    def of(cls, value: nouns.Organization) -> Self:
        """The answer of success."""
        return cls(organization=Organization.of(value))


@described
class CampaignPayload(Payload):
    """What a mutation of a campaign answers."""

    campaign: Campaign | None = said("The campaign as it is now.", default=None)

    @classmethod
    def of(cls, value: nouns.Campaign) -> Self:
        """The answer of success."""
        return cls(campaign=Campaign.of(value))


@described
class CreateCampaignPayload(CampaignPayload):
    """The campaign that was created."""


@described
class UpdateCampaignPayload(CampaignPayload):
    """The campaign that was changed."""


@described
class CampaignOrganizerPayload(CampaignPayload):
    """The campaign whose organizers changed."""


@described
class CampaignProgramPayload(CampaignPayload):
    """The campaign, and the program that it gathers or does not gather any more."""

    program: Program | None = said("The program as it is now.", default=None)

    @classmethod
    def made(cls, value: tuple[nouns.Campaign, nouns.Program]) -> CampaignProgramPayload:
        """The answer of success."""
        return cls(campaign=Campaign.of(value[0]), program=Program.of(value[1]))


@described
class CreateAccessTokenPayload(Payload):
    """The access token that was made."""

    secret: str | None = said("The token itself, shown once.", default=None)
    access_token: AccessToken | None = said("What is known of it afterwards.", default=None)

    @classmethod
    def made(cls, value: tuple[str, tokens.AccessToken]) -> CreateAccessTokenPayload:
        """The answer of success."""
        return cls(secret=value[0], access_token=AccessToken.of(value[1]))


@described
class CreateScreenTokenPayload(Payload):
    """The screen token that was made."""

    secret: str | None = said(
        "The token itself, shown once; exchanged by POST for a cookie, never in an address.", default=None
    )
    screen_token: ScreenToken | None = said("What is known of it afterwards.", default=None)

    @classmethod
    def made(cls, value: tuple[str, tokens.ScreenToken]) -> CreateScreenTokenPayload:
        """The answer of success."""
        return cls(secret=value[0], screen_token=ScreenToken.of(value[1]))


@described
class RevokedPayload(Payload):
    """What a revocation answers."""

    revoked_id: strawberry.ID | None = said("The id of what is worthless now.", default=None)


@described
class RevokeAccessTokenPayload(RevokedPayload):
    """The access token that is worthless now."""

    @classmethod
    def of(cls, number: int) -> RevokeAccessTokenPayload:
        """The answer of success."""
        return cls(revoked_id=ids.encode(ids.Kind.ACCESS_TOKEN, number))


@described
class RevokeScreenTokenPayload(RevokedPayload):
    """The screen token that is worthless now."""

    @classmethod
    def of(cls, number: int) -> RevokeScreenTokenPayload:
        """The answer of success."""
        return cls(revoked_id=ids.encode(ids.Kind.SCREEN_TOKEN, number))
