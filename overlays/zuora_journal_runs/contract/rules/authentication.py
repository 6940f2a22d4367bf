"""Tokens: how to come by one, and that nothing is to be had without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.item import Rules

if TYPE_CHECKING:
    from zuora_journal_runs.contract.bench import Bench

rules: Rules = Rules("authentication")

OAUTH = "Zuora, Create an OAuth token; Authentication"
READS = ("getJournalRun", "listJournalEntriesOfJournalRun")


def wrong_tokens(bench: Bench) -> tuple[str | None, ...]:
    """Values of `Authorization` that are good for nothing."""
    return (None, "Bearer", "Bearer of-nothing", "Basic YTpi", f"Basic {bench.token}", f"Bearer {bench.token}x")


@rules.rule(OAUTH)
def reading_needs_a_token(bench: Bench) -> None:
    """No run and no entry is shown without a token that was issued."""
    for operation in READS:
        for authorization in wrong_tokens(bench):
            number = bench.readable() if bench.may_write else "JR-99999999999999"
            answer = bench.call(operation, number, headers={"Authorization": authorization})
            expect(answer.status == 401, f"{operation} with {shown(bench, authorization)}: {answer.status}, not 401")


@rules.rule(OAUTH, writes=True)
def writing_needs_a_token(bench: Bench) -> None:
    """Without a token that was issued no run is created, cancelled or deleted."""
    for authorization in wrong_tokens(bench):
        headers = {"Authorization": authorization}
        known = set(bench.own)
        answers = {
            "createJournalRun": bench.call("createJournalRun", body=bench.creation(), headers=headers),
            "cancelJournalRun": bench.call("cancelJournalRun", bench.at("Completed").number, body={}, headers=headers),
            "deleteJournalRun": bench.call("deleteJournalRun", bench.at("Cancelled").number, headers=headers),
        }
        for operation, answer in answers.items():
            expect(answer.status == 401, f"{operation} with {shown(bench, authorization)}: {answer.status}, not 401")
        expect(set(bench.own) == known, "a run was created")
        for status in ("Completed", "Cancelled"):
            bench.look(bench.at(status))


@rules.rule(OAUTH)
def a_token_is_good_for_a_while(bench: Bench) -> None:
    """A token is a bearer token with time to use it in, and asking for another leaves it good."""
    answer = bench.call("createToken", data=bench.credentials())
    expect(answer.status == 200, f"there is no token: {answer.wire}")
    expect(str(answer.data.get("token_type", "bearer")).lower() == "bearer", "token_type is not bearer")
    expect(float(answer.data.get("expires_in", 1)) > 0, "a token is of no use from the beginning")
    bench.call("createToken", data=bench.credentials())
    headers = {"Authorization": f"Bearer {answer.data['access_token']}"}
    status = bench.call("getJournalRun", "JR-99999999999999", headers=headers).status
    expect(status == 404, f"a token was answered with {status} after another was issued")


@rules.rule(OAUTH)
def wrong_credentials_get_no_token(bench: Bench) -> None:
    """There is no token for a wrong id, a wrong secret, another grant, or a part of the form."""
    form = bench.credentials()
    wrong = (
        {"client_id": "00000000-0000-4000-8000-000000000000"},
        {"client_secret": "not-the-secret"},
        {"grant_type": "password"},
        {"grant_type": ""},
    )
    forms = [form | each for each in wrong]
    forms += [{name: value for name, value in form.items() if name != missing} for missing in form]
    for each in (*forms, {}):
        answer = bench.call("createToken", data=each)
        changed = sorted(name for name in form if each.get(name) != form[name])
        expect(400 <= answer.wire < 500, f"a token request with wrong {changed} was answered with {answer.wire}")
        expect("access_token" not in answer.data, f"a token was issued with wrong {changed}")


def shown(bench: Bench, authorization: str | None) -> str:
    """A value of `Authorization` in a message."""
    return "no Authorization" if authorization is None else bench.clean(authorization)
