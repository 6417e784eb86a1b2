# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can be changed."""

from __future__ import annotations

from graph.resolvers import (
    joining,
    organizing_campaigns,
    organizing_cohorts,
    organizing_programs,
    organizing_roles,
    organizing_screens,
    organizing_sessions,
    organizing_updates,
    tokens,
    updating,
)
from graph.schema import inputs, inputs_people, payloads
from graph.schema.changing import mutation
from graph.schema.fields import described
from graph.schema.ids import Kind
from graph.schema.mutation_articles import ArticleMutation
from graph.schema.mutation_assignments import AssignmentMutation


@described
class Mutation(ArticleMutation, AssignmentMutation):
    """Everything that can be changed.

    With `userErrors`, nothing has changed; addEditors alone adds the names that are not at fault.
    """

    create_program: payloads.CreateProgramPayload = mutation(
        "Creates a program, in a campaign where one is named. Whoever does is its first facilitator.",
        inputs.CreateProgramInput,
        organizing_programs.create_program,
        payloads.CreateProgramPayload,
        payloads.CreateProgramPayload.of,
    )
    update_program: payloads.UpdateProgramPayload = mutation(
        "Changes a program; what depends on it is counted anew. Slug and institution stay as they are.",
        inputs.UpdateProgramInput,
        organizing_updates.update_program,
        payloads.UpdateProgramPayload,
        payloads.UpdateProgramPayload.of,
        of=Kind.PROGRAM,
    )
    clone_program: payloads.CloneProgramPayload = mutation(
        "Makes a program like another, with its goals and campaigns and without its editors.",
        inputs.CloneProgramInput,
        organizing_programs.clone_program,
        payloads.CloneProgramPayload,
        payloads.CloneProgramPayload.of,
        of=Kind.PROGRAM,
    )
    withdraw_program: payloads.WithdrawProgramPayload = mutation(
        """Withdraws a program: until it is restored it is private, takes nobody in, counts for no campaign, and nothing
        is read from the wikis for it. Harmless when repeated.""",
        inputs.WithdrawProgramInput,
        organizing_updates.withdraw_program,
        payloads.WithdrawProgramPayload,
        payloads.WithdrawProgramPayload.of,
        of=Kind.PROGRAM,
    )
    restore_program: payloads.RestoreProgramPayload = mutation(
        "Makes a withdrawn program what it was. Harmless when repeated.",
        inputs.RestoreProgramInput,
        organizing_updates.restore_program,
        payloads.RestoreProgramPayload,
        payloads.RestoreProgramPayload.of,
        of=Kind.PROGRAM,
    )
    delete_program: payloads.DeleteProgramPayload = mutation(
        """Deletes a program with its sessions, goals and numbers; only without participants, unless by an admin. Its
        slug is given to no other program.""",
        inputs.DeleteProgramInput,
        organizing_updates.delete_program,
        payloads.DeleteProgramPayload,
        payloads.DeleteProgramPayload.of,
        of=Kind.PROGRAM,
    )
    create_organization: payloads.OrganizationPayload = mutation(
        "Creates an organization; for admins.",
        inputs_people.CreateOrganizationInput,
        organizing_campaigns.create_organization,
        payloads.OrganizationPayload,
        payloads.OrganizationPayload.of,
    )
    update_organization: payloads.OrganizationPayload = mutation(
        "Changes an organization; for its coordinators.",
        inputs_people.UpdateOrganizationInput,
        organizing_campaigns.update_organization,
        payloads.OrganizationPayload,
        payloads.OrganizationPayload.of,
        of=Kind.ORGANIZATION,
    )
    create_campaign: payloads.CreateCampaignPayload = mutation(
        "Creates a campaign. Whoever does is its first organizer.",
        inputs_people.CreateCampaignInput,
        organizing_campaigns.create_campaign,
        payloads.CreateCampaignPayload,
        payloads.CreateCampaignPayload.of,
    )
    update_campaign: payloads.UpdateCampaignPayload = mutation(
        "Changes a campaign; for its organizers.",
        inputs_people.UpdateCampaignInput,
        organizing_campaigns.update_campaign,
        payloads.UpdateCampaignPayload,
        payloads.UpdateCampaignPayload.of,
        of=Kind.CAMPAIGN,
    )
    delete_campaign: payloads.DeleteCampaignPayload = mutation(
        "Deletes a campaign; its programs stay.",
        inputs_people.DeleteCampaignInput,
        organizing_campaigns.delete_campaign,
        payloads.DeleteCampaignPayload,
        payloads.DeleteCampaignPayload.of,
        of=Kind.CAMPAIGN,
    )
    add_program_to_campaign: payloads.CampaignProgramPayload = mutation(
        "Gathers a program in a campaign; for whoever facilitates the one and organizes the other.",
        inputs_people.CampaignProgramInput,
        organizing_campaigns.add_program,
        payloads.CampaignProgramPayload,
        payloads.CampaignProgramPayload.made,
    )
    remove_program_from_campaign: payloads.CampaignProgramPayload = mutation(
        "Takes a program out of a campaign; for who runs either.",
        inputs_people.CampaignProgramInput,
        organizing_campaigns.remove_program,
        payloads.CampaignProgramPayload,
        payloads.CampaignProgramPayload.made,
    )
    add_campaign_organizer: payloads.CampaignOrganizerPayload = mutation(
        "Makes somebody an organizer of a campaign.",
        inputs_people.CampaignOrganizerInput,
        organizing_campaigns.add_organizer,
        payloads.CampaignOrganizerPayload,
        payloads.CampaignOrganizerPayload.of,
    )
    remove_campaign_organizer: payloads.CampaignOrganizerPayload = mutation(
        "Makes somebody an organizer of a campaign no more; never the last one.",
        inputs_people.CampaignOrganizerInput,
        organizing_campaigns.remove_organizer,
        payloads.CampaignOrganizerPayload,
        payloads.CampaignOrganizerPayload.of,
    )
    join_program: payloads.EnrollmentPayload = mutation(
        """Enrols whoever is signed in, by an invitation's code or by a program's passcode. Wrong passcodes slow whoever
        offers them. Whoever takes part already joins a session, or changes showName, in the same way.""",
        inputs_people.JoinProgramInput,
        joining.join_program,
        payloads.EnrollmentPayload,
        payloads.EnrollmentPayload.of,
    )
    leave_program: payloads.EnrollmentPayload = mutation(
        """Takes whoever is signed in out of a program, as an editor and a volunteer; with `erase`, out of every part in
        it and out of everything shown and stored here about it.""",
        inputs_people.LeaveProgramInput,
        joining.leave_program,
        payloads.EnrollmentPayload,
        payloads.EnrollmentPayload.of,
    )
    set_show_name: payloads.EnrollmentPayload = mutation(
        "Shows whoever is signed in by name in a program they take part in, or no more.",
        inputs_people.SetShowNameInput,
        joining.set_show_name,
        payloads.EnrollmentPayload,
        payloads.EnrollmentPayload.of,
    )
    acknowledge_enrollment: payloads.EnrollmentPayload = mutation(
        "Agrees to take part in a program that somebody else enrolled one in; see `Viewer.addedTo`.",
        inputs_people.AcknowledgeEnrollmentInput,
        joining.acknowledge,
        payloads.EnrollmentPayload,
        payloads.EnrollmentPayload.of,
    )
    add_editors: payloads.AddEditorsPayload = mutation(
        """Enrols up to 1,000 people by their usernames as pasted: each is added, named in `userErrors`, or pending
        while the wikis are asked.""",
        inputs_people.AddEditorsInput,
        organizing_cohorts.add_editors,
        payloads.AddEditorsPayload,
        payloads.AddEditorsPayload.made,
    )
    remove_editor: payloads.EnrollmentPayload = mutation(
        "Removes an editor and takes their edits out of the numbers.",
        inputs_people.RemoveEditorInput,
        organizing_cohorts.remove_editor,
        payloads.EnrollmentPayload,
        payloads.EnrollmentPayload.of,
    )
    add_facilitator: payloads.FacilitatorPayload = mutation(
        "Makes somebody who has signed in here once a facilitator.",
        inputs_people.FacilitatorInput,
        organizing_cohorts.add_facilitator,
        payloads.FacilitatorPayload,
        payloads.FacilitatorPayload.of,
    )
    remove_facilitator: payloads.FacilitatorPayload = mutation(
        "Makes somebody a facilitator no more; never the last one.",
        inputs_people.FacilitatorInput,
        organizing_cohorts.remove_facilitator,
        payloads.FacilitatorPayload,
        payloads.FacilitatorPayload.of,
    )
    give_volunteer_role: payloads.VolunteerPayload = mutation(
        "Makes somebody who has signed in here once a volunteer of a program. Harmless when repeated.",
        inputs_people.VolunteerInput,
        organizing_roles.give_volunteer_role,
        payloads.VolunteerPayload,
        payloads.VolunteerPayload.of,
    )
    take_volunteer_role: payloads.VolunteerPayload = mutation(
        "Takes a volunteer's role away.",
        inputs_people.VolunteerInput,
        organizing_roles.take_volunteer_role,
        payloads.VolunteerPayload,
        payloads.VolunteerPayload.of,
    )
    grant_admin: payloads.AdminPayload = mutation(
        "Makes somebody who has signed in here once an admin of this service; for admins. Harmless when repeated.",
        inputs_people.AdminInput,
        organizing_roles.grant_admin,
        payloads.AdminPayload,
        payloads.AdminPayload.of,
    )
    revoke_admin: payloads.AdminPayload = mutation(
        "Makes somebody an admin no more, unless the settings name them; for admins.",
        inputs_people.AdminInput,
        organizing_roles.revoke_admin,
        payloads.AdminPayload,
        payloads.AdminPayload.of,
    )
    create_session: payloads.SessionPayload = mutation(
        "Creates a dated event inside a program.",
        inputs.CreateSessionInput,
        organizing_sessions.create_session,
        payloads.SessionPayload,
        payloads.SessionPayload.made,
    )
    update_session: payloads.SessionPayload = mutation(
        "Changes a session; for its coordinators, too. A new window is counted anew.",
        inputs.UpdateSessionInput,
        organizing_sessions.update_session,
        payloads.SessionPayload,
        payloads.SessionPayload.made,
        of=Kind.SESSION,
    )
    delete_session: payloads.SessionPayload = mutation(
        "Deletes a session; the program's edits and editors stay.",
        inputs.DeleteSessionInput,
        organizing_sessions.delete_session,
        payloads.SessionPayload,
        payloads.SessionPayload.gone,
        of=Kind.SESSION,
    )
    hide_card: payloads.HideCardPayload = mutation(
        "Takes an edit off all live screens of a program; it goes on counting. Harmless when repeated.",
        inputs_people.HideCardInput,
        organizing_screens.hide_card,
        payloads.HideCardPayload,
        payloads.HideCardPayload.of,
    )
    show_card: payloads.ShowCardPayload = mutation(
        "Shows an edit that was hidden on the live screens of a program again. Harmless when repeated.",
        inputs_people.ShowCardInput,
        organizing_screens.show_card,
        payloads.ShowCardPayload,
        payloads.ShowCardPayload.of,
    )
    set_goals: payloads.SetGoalsPayload = mutation(
        """Replaces the goals of a program. A goal whose target stays or falls stays reached; one whose target rises
        must be reached anew.""",
        inputs.SetGoalsInput,
        organizing_programs.set_goals,
        payloads.SetGoalsPayload,
        payloads.SetGoalsPayload.of,
    )
    request_update: payloads.RequestUpdatePayload = mutation(
        """Reads what was never read of the program's history and compares all of it with the wikis' own lists, now.
        Where that waits or runs already nothing more is begun; see `program.update`.""",
        inputs.RequestUpdateInput,
        updating.request_update,
        payloads.RequestUpdatePayload,
        payloads.RequestUpdatePayload.of,
    )
    retry_job: payloads.DeadLettersPayload = mutation(
        "Has a job that failed too often tried again, as if it were new; for admins.",
        inputs.JobInput,
        updating.retry_job,
        payloads.DeadLettersPayload,
        payloads.DeadLettersPayload.of,
        of=Kind.JOB,
    )
    discard_job: payloads.DeadLettersPayload = mutation(
        "Gives up a job that failed too often; for admins.",
        inputs.JobInput,
        updating.discard_job,
        payloads.DeadLettersPayload,
        payloads.DeadLettersPayload.of,
        of=Kind.JOB,
    )
    create_access_token: payloads.CreateAccessTokenPayload = mutation(
        "Makes a token with which an app acts for whoever is signed in; not to be done with such a token.",
        inputs_people.CreateAccessTokenInput,
        tokens.create_access_token,
        payloads.CreateAccessTokenPayload,
        payloads.CreateAccessTokenPayload.made,
    )
    revoke_access_token: payloads.RevokeAccessTokenPayload = mutation(
        "Makes an access token worthless, and ends what was opened with it.",
        inputs_people.RevokeAccessTokenInput,
        tokens.revoke_access_token,
        payloads.RevokeAccessTokenPayload,
        payloads.RevokeAccessTokenPayload.of,
        of=Kind.ACCESS_TOKEN,
    )
    create_screen_token: payloads.CreateScreenTokenPayload = mutation(
        "Makes a token with which one screen shows one program.",
        inputs.CreateScreenTokenInput,
        tokens.create_screen_token,
        payloads.CreateScreenTokenPayload,
        payloads.CreateScreenTokenPayload.made,
    )
    revoke_screen_token: payloads.RevokeScreenTokenPayload = mutation(
        "Makes a screen token worthless, and ends what the screen follows.",
        inputs.RevokeScreenTokenInput,
        tokens.revoke_screen_token,
        payloads.RevokeScreenTokenPayload,
        payloads.RevokeScreenTokenPayload.of,
        of=Kind.SCREEN_TOKEN,
    )
    renew_invitation: payloads.RenewInvitationPayload = mutation(
        "Makes the old invitation link worthless and gives a new one.",
        inputs.RenewInvitationInput,
        organizing_programs.renew_invitation,
        payloads.RenewInvitationPayload,
        payloads.RenewInvitationPayload.of,
    )
