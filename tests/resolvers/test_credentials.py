# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends ends what depends on it, and nothing else."""

from __future__ import annotations

import gc
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from graph.resolvers.credentials import CredentialKind, Credentials, hash_of, hashed, new_secret
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.resolvers.signing_in import SIGNED_IN_FOR, actor_signed_in, actor_with_token, sign_in, sign_out
from tests.resolvers.stage import Stage


async def signed_in(stage: Stage, central_id: int = 71) -> tuple[Actor, str]:
    secret = (await sign_in(stage.deps, central_id, f"Person {central_id}")).secret
    actor = await actor_signed_in(stage.deps, secret, ())
    assert actor is not None
    return actor, secret


async def with_token(stage: Stage, owner: Actor, **fields: object) -> tuple[Actor, str]:
    made = await stage.done("createAccessToken", owner, name="app", **fields)
    actor = await actor_with_token(stage.deps, made["secret"], ())
    assert actor is not None
    return actor, str(made["secret"])


def has_ended(actor: Actor) -> bool:
    assert actor.ended is not None
    return actor.ended.is_set()


async def check(stage: Stage) -> None:
    await stage.deps.credentials.check(stage.pool, stage.deps.clock())


@pytest.mark.parametrize("kind", list(CredentialKind))
def test_secrets_are_long_random_and_tell_their_kind(kind: CredentialKind) -> None:
    secrets = {new_secret(kind) for _ in range(100)}
    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {47}
    assert all(hashed(secret, kind) == hash_of(secret) for secret in secrets)
    others = [other for other in CredentialKind if other is not kind]
    assert not any(hashed(secret, other) for secret in secrets for other in others)


def test_nobody_and_developers_never_end() -> None:
    assert ANONYMOUS.ended is None
    assert Actor(7, "Dev").ended is None


async def test_signing_out_ends_what_that_browser_opened_at_once(stage: Stage) -> None:
    here, secret = await signed_in(stage)
    elsewhere, _ = await signed_in(stage)
    await sign_out(stage.deps, secret)
    assert (has_ended(here), has_ended(elsewhere)) == (True, False)


async def test_what_another_process_ended_is_found_by_looking(stage: Stage) -> None:
    gone, _ = await signed_in(stage, 71)
    stays, _ = await signed_in(stage, 72)
    await stage.pool.execute("DELETE FROM sign_in WHERE editor_id = $1", gone.editor_id)
    assert not has_ended(gone)
    await check(stage)
    assert (has_ended(gone), has_ended(stays)) == (True, False)


async def test_what_runs_out_while_it_is_used_ends(stage: Stage) -> None:
    actor, _ = await signed_in(stage)
    expires = (stage.api.now + timedelta(hours=1)).isoformat()
    app, secret = await with_token(stage, actor, expiresAt=expires)
    stage.api.now += timedelta(hours=1)
    await check(stage)
    assert (has_ended(actor), has_ended(app)) == (False, True)
    assert await actor_with_token(stage.deps, secret, ()) is None
    stage.api.now += SIGNED_IN_FOR
    await check(stage)
    assert has_ended(actor)


async def test_a_revoked_token_ends_at_once_and_its_owners_other_sign_ins_stay(stage: Stage) -> None:
    actor, _ = await signed_in(stage)
    one, secret = await with_token(stage, actor)
    two, _ = await with_token(stage, actor)
    tokens = (await stage.api.ask("{ viewer { accessTokens { id } } }", actor))["viewer"]["accessTokens"]
    await stage.done("revokeAccessToken", actor, id=tokens[0]["id"])
    assert (has_ended(one), has_ended(two), has_ended(actor)) == (True, False, False)
    assert await actor_with_token(stage.deps, secret, ()) is None


async def test_who_is_no_admin_any_more_has_to_come_anew(stage: Stage) -> None:
    actor, secret = await signed_in(stage)
    await stage.pool.execute("INSERT INTO admin (editor_id) VALUES ($1)", actor.editor_id)
    admin = await actor_signed_in(stage.deps, secret, ())
    assert admin is not None
    assert admin.is_admin
    assert not has_ended(admin)
    await stage.pool.execute("DELETE FROM admin")
    await check(stage)
    assert has_ended(admin)
    again = await actor_signed_in(stage.deps, secret, ())
    assert again is not None
    assert (again.is_admin, has_ended(again)) == (False, False)


async def test_only_what_is_in_use_is_looked_at(stage: Stage) -> None:
    actor, secret = await signed_in(stage)
    del actor
    gc.collect()
    # Nothing is held: the database is not asked, so that a pool that cannot be used does no harm.
    await stage.deps.credentials.check(None, stage.deps.clock())
    assert await actor_signed_in(stage.deps, secret, ()) is not None


async def test_everybody_who_came_with_the_same_shares_one_event() -> None:
    credentials = Credentials()
    one = credentials.hold(CredentialKind.SIGN_IN, 7)
    assert credentials.hold(CredentialKind.SIGN_IN, 7) is one
    assert credentials.hold(CredentialKind.ACCESS_TOKEN, 7) is not one
    credentials.end(CredentialKind.SIGN_IN, 7)
    assert one.ended.is_set()
    assert not credentials.hold(CredentialKind.SIGN_IN, 7).ended.is_set()


async def test_a_sign_in_holds_under_its_own_session_key_only(stage: Stage) -> None:
    keyed, other = (replace(stage.deps, session_key=key) for key in (b"one", b"another"))
    made = await sign_in(keyed, 4_711, "Ada")
    found = [await actor_signed_in(deps, made.secret, ()) for deps in (keyed, other, stage.deps)]
    assert [None if actor is None else actor.username for actor in found] == ["Ada", None, None]
    kept = await stage.pool.fetchval("SELECT secret FROM sign_in")
    assert kept == hmac.digest(b"one", made.secret.encode(), "sha256")
