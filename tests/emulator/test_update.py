"""The update of an entry, which marks it as transferred to accounting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs.emulator import AT_ONCE, HELD, OVERRIDE_TRANSFERRED, PERMISSIONS, Transfer

from .conftest import RUN, Api

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, TRANSFERRED = "JE-00000032", "JE-00000038"
CANNOT_BE_CHANGED = "Transferred to Accounting can no longer be changed after a Journal Entry has been cancelled."
BLOCKING = (Transfer.YES, Transfer.PROCESSING)


def refused(response: httpx.Response) -> tuple[int, int, str]:
    """Return the status, the category and the message of a refusal."""
    [reason] = response.json()["reasons"]
    return response.status_code, int(str(reason["code"])[-2:]), reason["message"]


@pytest.mark.parametrize("transfer", Transfer)
def test_what_an_update_sets_decides_what_a_cancellation_leaves(make: Callable[..., Api], transfer: Transfer) -> None:
    api = make(pacing=AT_ONCE)
    assert api.update(FIRST, transferredToAccounting=transfer).json() == {"success": True}
    entry = api.entry(FIRST)
    assert entry["transferredToAccounting"] == transfer
    user = api.emulator.client_id.replace("-", "")
    done = {"transferredBy": user, "transferDateTime": "2026-11-22 12:00:00"} if transfer is Transfer.YES else {}
    assert {name: each for name, each in entry.items() if name in ("transferredBy", "transferDateTime")} == done
    api.cancel()
    assert api.entry(FIRST)["status"] == ("Created" if transfer in BLOCKING else "Cancelled")


def test_an_update_keeps_what_it_does_not_name(api: Api) -> None:
    before = api.entry(FIRST)
    assert api.update(FIRST).json() == {"success": True}
    assert api.entry(FIRST) == before
    notes = '"Posted"\n\xe9\u4e2d' * 100
    api.update(FIRST, notes=notes, batch__c=[1, {"a": None}], other=1)
    assert api.entry(FIRST) == {**before, "notes": notes, "batch__c": [1, {"a": None}]}
    api.update(FIRST, batch__c=None)
    assert api.entry(FIRST) == {**before, "notes": notes, "batch__c": None}
    [misuse] = api.emulator.misuses()
    assert "other" in misuse.message
    assert "batch__c" not in misuse.message


def test_an_entry_that_is_marked_again_keeps_when_it_was_transferred(api: Api) -> None:
    before = api.entry(TRANSFERRED)
    api.emulator.clock.advance(60)
    assert api.update(TRANSFERRED, transferredToAccounting="Yes").json() == {"success": True}
    assert api.entry(TRANSFERRED) == before


def test_items_are_found_by_accounting_code_and_side(api: Api) -> None:
    before = api.entry(FIRST)["journalEntryItems"]
    debit, credit = ([each for each in before if each["type"] == side] for side in ("Debit", "Credit"))
    given = [
        {"accountingCodeName": debit[0]["accountingCodeName"], "type": "Debit", "batch__c": 7},
        {**credit[0], "amount": 1, "batch__c": "8"},
    ]
    assert api.update(FIRST, journalEntryItems=given).json() == {"success": True}
    after = api.entry(FIRST)["journalEntryItems"]
    assert after == [{**each, "batch__c": 7 if each in debit else "8"} for each in before]


@pytest.mark.parametrize(
    "other", [{"accountingCodeName": ""}, {"type": "Credit"}, {"accountingCodeType": "Cash"}], ids=str
)
def test_an_item_that_the_entry_does_not_have(api: Api, other: dict[str, str]) -> None:
    before = api.entry(FIRST)
    known = {name: before["journalEntryItems"][0][name] for name in ("accountingCodeName", "type")}
    items = [known, {**known, **other}]
    response = api.update(FIRST, transferredToAccounting="Yes", notes="new", journalEntryItems=items)
    status, category, message = refused(response)
    assert (status, category) == (400, 20)
    assert message.startswith("journalEntryItems.1: the entry has no ")
    assert api.entry(FIRST) == before


@pytest.mark.parametrize("transfer", Transfer)
def test_a_cancelled_entry_cannot_be_marked(make: Callable[..., Api], transfer: Transfer) -> None:
    api = make(pacing=AT_ONCE)
    api.cancel()
    response = api.update(FIRST, transferredToAccounting=transfer, notes="new")
    assert refused(response) == (400, 30, CANNOT_BE_CHANGED)
    assert api.update(FIRST, notes="Cancelled with the run.").json() == {"success": True}
    assert api.entry(FIRST)["notes"] == "Cancelled with the run."


def test_a_cancellation_that_is_due_comes_before_an_update(make: Callable[..., Api]) -> None:
    api = make(pacing="seconds:60")
    api.cancel()
    api.emulator.clock.advance(59)
    assert api.update(FIRST, transferredToAccounting="Error").json() == {"success": True}
    api.emulator.clock.advance(1)
    assert refused(api.update(FIRST, transferredToAccounting="Yes"))[2] == CANNOT_BE_CHANGED


def test_the_entry_of_a_run_that_is_gone_by_now(make: Callable[..., Api]) -> None:
    api = make(pacing="seconds:60")
    [entry, *_] = api.emulator.entry_numbers("JR-00000072")
    api.delete("JR-00000072")
    api.emulator.clock.advance(60)
    assert refused(api.update(entry, notes="new")) == (404, 40, f"Cannot find entity by key: '{entry}'.")
    assert refused(api.update("x" * 200))[:2] == (404, 40)


def test_who_may_revert_a_transfer(make: Callable[..., Api]) -> None:
    api = make(pacing=HELD)
    for value in set(Transfer) - {Transfer.YES}:
        message = f'The user does not have the permission "{OVERRIDE_TRANSFERRED}".'
        assert refused(api.update(TRANSFERRED, transferredToAccounting=value)) == (403, 10, message)
    assert api.entry(TRANSFERRED)["transferredToAccounting"] == "Yes"
    allowed = Api(api.emulator, api.emulator.add_user(PERMISSIONS | {OVERRIDE_TRANSFERRED}))
    assert allowed.update(TRANSFERRED, transferredToAccounting="Error").json() == {"success": True}
    assert "transferredBy" not in api.entry(TRANSFERRED)
    # From any other value the way back is open to everybody.
    assert api.update(TRANSFERRED, transferredToAccounting="No").json() == {"success": True}


def test_a_setting_lets_every_user_revert_a_transfer(make: Callable[..., Api]) -> None:
    api = make(override_transferred=True)
    assert api.update(TRANSFERRED, transferredToAccounting="No").json() == {"success": True}
    assert api.entry(TRANSFERRED)["transferredToAccounting"] == "No"


@pytest.mark.parametrize(
    ("changes", "category", "expected"),
    [
        ({"transferredToAccounting": "yes"}, 20, "transferredToAccounting"),
        ({"notes": None}, 20, "notes"),
        ({"notes": "x" * 2001}, 20, "notes"),
        ({"notes": "\U0001f4b0"}, 20, "Multilingual"),
        ({"journalEntryItems": [{"type": "Debit"}]}, 22, "journalEntryItems.0.accountingCodeName"),
    ],
)
def test_invalid_updates(api: Api, changes: dict[str, Any], category: int, expected: str) -> None:
    before = api.entry(FIRST)
    response = api.update(FIRST, **{"transferredToAccounting": "Yes", **changes})
    assert refused(response)[:2] == (400, category)
    assert expected in refused(response)[2]
    assert api.entry(FIRST) == before


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Idempotency-Key": "a-key"}])
def test_an_update_has_the_headers_of_a_put(api: Api, headers: dict[str, str]) -> None:
    assert api.update(FIRST, headers, notes="new").status_code in (400, 415)
    assert api.entry(FIRST)["notes"] != "new"


def test_the_longest_notes(api: Api) -> None:
    api.update(FIRST, notes="x" * 2000)
    assert api.entry(FIRST)["notes"] == "x" * 2000


def test_an_update_may_lose_its_response(api: Api) -> None:
    api.emulator.add_fault("update:1:reset-after")
    with pytest.raises(httpx.ReadError):
        api.update(FIRST, transferredToAccounting="Yes")
    assert api.entry(FIRST)["transferredToAccounting"] == "Yes"
    assert api.entry(FIRST, RUN)["status"] == "Created"
