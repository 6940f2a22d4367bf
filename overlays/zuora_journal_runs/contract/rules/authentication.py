"""Tokens: how to get one, and that every call needs one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.rule import RuleGroup

if TYPE_CHECKING:
    from zuora_journal_runs.contract.harness import Harness

rules: RuleGroup = RuleGroup("authentication")

OAUTH = "Zuora, Create an OAuth token; Authentication"
READS = ("getJournalRun", "listJournalEntriesOfJournalRun")


def wrong_tokens(harness: Harness) -> tuple[str | None, ...]:
    """Return values of `Authorization` that are not valid."""
    return (None, "Bearer", "Bearer of-nothing", "Basic YTpi", f"Basic {harness.token}", f"Bearer {harness.token}x")


@rules.rule(OAUTH)
def reading_needs_a_token(harness: Harness) -> None:
    """No run and no entry is shown without a token that was issued."""
    for operation in READS:
        for authorization in wrong_tokens(harness):
            number = harness.readable() if harness.may_write else "JR-99999999999999"
            response = harness.call(operation, number, headers={"Authorization": authorization})
            expect(
                response.status == 401, f"{operation} with {shown(harness, authorization)}: {response.status}, not 401"
            )


@rules.rule(OAUTH, writes=True)
def writing_needs_a_token(harness: Harness) -> None:
    """Without a token that was issued no run is created, cancelled or deleted, and no entry is updated."""
    for authorization in wrong_tokens(harness):
        headers = {"Authorization": authorization}
        # One run may have to be cancelled to have a cancelled one, so that it comes first.
        cancelled, completed, entry = harness.at("Cancelled"), harness.at("Completed"), harness.entry()
        known = set(harness.own)
        responses = {
            "createJournalRun": harness.call("createJournalRun", body=harness.creation(), headers=headers),
            "cancelJournalRun": harness.call("cancelJournalRun", completed.number, body={}, headers=headers),
            "deleteJournalRun": harness.call("deleteJournalRun", cancelled.number, headers=headers),
        }
        if entry:
            responses["updateJournalEntry"] = harness.call(
                "updateJournalEntry", entry["number"], body={"notes": "none"}, headers=headers
            )
        for operation, response in responses.items():
            expect(
                response.status == 401, f"{operation} with {shown(harness, authorization)}: {response.status}, not 401"
            )
        expect(set(harness.own) == known, "a run was created")
        harness.read(completed)
        harness.read(cancelled)


@rules.rule(OAUTH)
def a_token_is_good_for_a_while(harness: Harness) -> None:
    """A token is a bearer token with time left, and stays valid when another is issued."""
    response = harness.call("createToken", data=harness.credentials())
    expect(response.status == 200, f"there is no token: {response.wire}")
    expect(str(response.data.get("token_type", "bearer")).lower() == "bearer", "token_type is not bearer")
    expect(float(response.data.get("expires_in", 1)) > 0, "a token has expired when it is issued")
    harness.call("createToken", data=harness.credentials())
    headers = {"Authorization": f"Bearer {response.data['access_token']}"}
    status = harness.call("getJournalRun", "JR-99999999999999", headers=headers).status
    expect(status == 404, f"a token got the status {status} after another was issued")


@rules.rule(OAUTH)
def wrong_credentials_get_no_token(harness: Harness) -> None:
    """No token is issued for a wrong id, a wrong secret, another grant type or an incomplete form."""
    form = harness.credentials()
    wrong = (
        {"client_id": "00000000-0000-4000-8000-000000000000"},
        {"client_secret": "not-the-secret"},
        {"grant_type": "password"},
        {"grant_type": ""},
    )
    forms = [form | each for each in wrong]
    forms += [{name: value for name, value in form.items() if name != missing} for missing in form]
    for each in (*forms, {}):
        response = harness.call("createToken", data=each)
        changed = sorted(name for name in form if each.get(name) != form[name])
        expect(400 <= response.wire < 500, f"a token request with wrong {changed} got the status {response.wire}")
        expect("access_token" not in response.data, f"a token was issued with wrong {changed}")


def shown(harness: Harness, authorization: str | None) -> str:
    """Return a value of `Authorization` for a message."""
    return "no Authorization" if authorization is None else harness.clean(authorization)
