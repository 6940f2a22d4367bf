"""Creating, listing, planning, cancelling and deleting, against answers given one by one."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import Attempt, Backoff, BlockedEntry, JournalEntry, TransactionType, errors

from .world import URL, Script, answer, refusal, run

if TYPE_CHECKING:
    from .world import Kind

CREATED = answer(body={"success": True, "journalRunNumber": "JR-00000008"})
LOST = httpx.ReadTimeout("no answer")
TWICE = Backoff(attempts=2)


def entry(number: int, status: str = "Created", transferred: str | None = "No") -> dict[str, Any]:
    return {"number": f"JE-{number:08}", "status": status, "transferredToAccounting": transferred}


def page(*entries: dict[str, Any], next_page: str | None = None) -> httpx.Response:
    body: dict[str, Any] = {"success": True, "journalEntries": list(entries)}
    return answer(body=body if next_page is None else {**body, "nextPage": next_page})


# create


def test_create_sends_what_it_is_given(kind: Kind) -> None:
    script = Script(CREATED)
    made = kind.use(
        script,
        lambda client: client.create(
            ["Invoice Item", TransactionType.TAXATION_ITEM, TransactionType("Of tomorrow")],
            datetime.date(2026, 10, 31),
            target_start_date="2026-10-01",
            target_end_date=datetime.datetime(2026, 10, 31, 12, tzinfo=datetime.UTC),
            organization_labels=[{"organizationId": "o1"}],
        ),
    )
    assert made.journal_run_number == "JR-00000008"
    assert json.loads(script.requests[0].content) == {
        "transactionTypes": [{"type": "Invoice Item"}, {"type": "Taxation Item"}, {"type": "Of tomorrow"}],
        "journalEntryDate": "2026-10-31",
        "targetStartDate": "2026-10-01",
        "targetEndDate": "2026-10-31",
        "organizationLabels": [{"organizationId": "o1"}],
    }


BAD_CREATIONS: dict[str, tuple[tuple[Any, Any], dict[str, Any], str]] = {
    "no types": (([], "2026-10-31"), {"accounting_period_name": "Oct-2026"}, "at least one"),
    "text for types": (("Invoice Item", "2026-10-31"), {"accounting_period_name": "Oct-2026"}, "give a list"),
    "misspelt type": ((["Invoce Item"], "2026-10-31"), {"accounting_period_name": "Oct-2026"}, "did you mean 'Invoice Item'"),
    "strange type": ((["?"], "2026-10-31"), {"accounting_period_name": "Oct-2026"}, "see TransactionType"),
    "no period": ((["Invoice Item"], "2026-10-31"), {}, "no period"),
    "empty period": ((["Invoice Item"], "2026-10-31"), {"accounting_period_name": ""}, "no period"),
    "start without end": ((["Invoice Item"], "2026-10-31"), {"target_start_date": "2026-10-01"}, "no period"),
    "no date": ((["Invoice Item"], "31.10.2026"), {"accounting_period_name": "Oct-2026"}, "write it as 2026-04-30"),
    "impossible date": ((["Invoice Item"], "2026-02-31"), {"accounting_period_name": "Feb-2026"}, "2026-02-31"),
    "compact date": ((["Invoice Item"], "20261031"), {"accounting_period_name": "Oct-2026"}, "20261031"),
    "a number for a date": ((["Invoice Item"], 20261031), {"accounting_period_name": "Oct-2026"}, "20261031"),
    "end without start": ((["Invoice Item"], "2026-10-31"), {"accounting_period_name": "O", "target_end_date": "2026-10-31"}, "give both"),
    "end before start": ((["Invoice Item"], "2026-10-31"), {"target_start_date": "2026-10-02", "target_end_date": "2026-10-01"}, "is before"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "options", "said"), BAD_CREATIONS.values(), ids=BAD_CREATIONS)
def test_what_cannot_be_created_is_not_sent(
    kind: Kind, arguments: tuple[Any, Any], options: dict[str, Any], said: str
) -> None:
    script = Script(CREATED)
    with pytest.raises(errors.InvalidArgumentError, match=said):
        kind.use(script, lambda client: client.create(*arguments, **options))
    assert script.requests == []


def test_a_creation_that_may_have_been_made_gives_its_key(kind: Kind) -> None:
    def create(client: Any) -> Any:
        return client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026")

    script = Script(LOST)
    with pytest.raises(errors.ResponseLostError) as caught:
        kind.use(script, create, retry=TWICE)
    assert caught.value.maybe_processed
    assert {request.headers["Idempotency-Key"] for request in script.requests} == {caught.value.idempotency_key}
    assert len(script.requests) == 2


# entries


def test_all_pages_are_read(kind: Kind) -> None:
    address = f"{URL}/v1/journal-entries/journal-runs/JR-00000075"
    script = Script(
        page(entry(1), entry(2), next_page=f"{address}?page=2&pageSize=2"),
        page(entry(3), entry(4), next_page=f"{address}?page=3&pageSize=2"),
        page(entry(5)),
    )
    found = kind.use(script, lambda client: client.entries("JR-00000075"))
    assert [item.number for item in found] == [f"JE-{number:08}" for number in range(1, 6)]
    assert [request.url.query for request in script.requests] == [
        b"page=1&pageSize=300",
        b"page=2&pageSize=2",
        b"page=3&pageSize=2",
    ]
    assert len(found.exchanges) == 3
    assert all(request.headers["Authorization"] for request in script.requests)


def test_a_tenant_that_allows_smaller_pages_only(kind: Kind) -> None:
    script = Script(refusal("50000027", "pageSize must not exceed 40."), page(entry(1)))
    found = kind.use(script, lambda client: client.entries("JR-00000075"))
    assert len(found) == 1
    assert [request.url.params["pageSize"] for request in script.requests] == ["300", "40"]


def test_a_page_size_that_is_refused_all_the_same(kind: Kind) -> None:
    script = Script(refusal("50000027"))
    with pytest.raises(errors.InvalidRequestError):
        kind.use(script, lambda client: client.entries("JR-00000075"), page_size=40)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/v1/journal-entries/journal-runs/JR-00000075?page=2",
        "http://rest.example.com/v1/journal-entries/journal-runs/JR-00000075?page=2",
        f"{URL}:8443/v1/journal-entries/journal-runs/JR-00000075?page=2",
        f"{URL}/v1/journal-entries/journal-runs/JR-00000076?page=2",
        f"{URL}/v1/journal-runs/JR-00000075",
        f"{URL}/v1/accounts",
        "https://[",
        "https://rest.example.com:port/",
    ],
)
def test_an_invalid_next_page_is_not_followed(kind: Kind, address: str) -> None:
    script = Script(page(entry(1), next_page=address))
    with pytest.raises(errors.InvalidResponseError, match="as the next page, which is not one of its pages") as caught:
        kind.use(script, lambda client: client.entries("JR-00000075"))
    assert address in caught.value.body.decode()
    assert len(script.requests) == 1


def test_a_next_page_may_be_named_without_its_origin(kind: Kind) -> None:
    script = Script(page(entry(1), next_page="/v1/journal-entries/journal-runs/JR-00000075?page=2"), page(entry(2)))
    assert len(kind.use(script, lambda client: client.entries("JR-00000075"))) == 2


def test_pages_that_go_in_circles_end(kind: Kind) -> None:
    address = f"{URL}/v1/journal-entries/journal-runs/JR-00000075?page=2&pageSize=1"
    script = Script(page(entry(1), next_page=address))
    with pytest.raises(errors.InvalidResponseError, match="which was read already"):
        kind.use(script, lambda client: client.entries("JR-00000075"))
    assert len(script.requests) == 2


def test_pages_that_never_end_are_read_until_the_deadline(kind: Kind) -> None:
    clock = FakeClock()
    pages = iter(range(1000))

    def names_another(request: httpx.Request) -> httpx.Response:
        clock.now += 1.0
        if request.url.path == "/v1/journal-runs/JR-00000075":
            return run()
        return page(entry(1), next_page=f"{URL}/v1/journal-entries/journal-runs/JR-00000075?cursor={next(pages)}")

    for work in (lambda client: client.entries("JR-00000075"), lambda client: client.plan_cancellation("JR-00000075")):
        with pytest.raises(errors.APIConnectionError):
            kind.use(names_another, work, clock=clock, deadline=20.0)
    assert next(pages) == 39


# plan_cancellation


def test_a_plan_reports_what_would_stay_and_why(kind: Kind) -> None:
    entries = page(
        entry(1),
        entry(2, transferred="Yes"),
        entry(3, transferred="Processing"),
        entry(4, transferred="Error"),
        entry(5, transferred="Ignore"),
        entry(6, transferred=None),
        entry(7, "Cancelled"),
        entry(8, "Cancelled", transferred="Yes"),
    )
    plan = kind.use(Script(run(), entries), lambda client: client.plan_cancellation("JR-00000075"))
    assert plan.allowed
    assert not plan.complete
    assert [item.number[-1] for item in plan.cancellable] == ["1", "4", "5", "6"]
    assert [(item.number[-1], item.reason) for item in plan.blocked] == [
        ("2", "it was transferred to accounting"),
        ("3", "it is being transferred to accounting"),
    ]
    assert "Override Transferred to Accounting" in plan.blocked[0].advice
    assert "wait" in plan.blocked[1].advice
    assert repr(plan.blocked[0]) == "<BlockedEntry JE-00000002: it was transferred to accounting>"


@pytest.mark.parametrize("status", ["Processing", "CancelInprogress", "Cancelled", "DeleteInprogress", "Of tomorrow"])
def test_a_plan_for_a_run_that_cannot_be_cancelled_now(kind: Kind, status: str) -> None:
    plan = kind.use(Script(run(status), page(entry(1))), lambda client: client.plan_cancellation("JR-00000075"))
    assert not plan.allowed
    assert not plan.complete


# cancel


def test_a_refused_cancellation_is_an_error(kind: Kind) -> None:
    script = Script(refusal("50000030", "The journal run is Cancelled and cannot be cancelled."))
    with pytest.raises(errors.RuleViolationError) as caught:
        kind.use(script, lambda client: client.cancel("JR-00000075"))
    assert not caught.value.maybe_processed
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", ["CancelInprogress", "Cancelled"])
def test_a_repeated_cancellation_that_meets_the_first_is_not_a_failure(kind: Kind, status: str) -> None:
    script = Script(LOST, refusal("50000030"), run(status))
    given = kind.use(script, lambda client: client.cancel("JR-00000075"))
    assert (given.number, given.acknowledged) == ("JR-00000075", False)
    assert [request.method for request in script.requests] == ["PUT", "PUT", "GET"]


def test_a_repeated_cancellation_of_a_run_that_was_not_touched(kind: Kind) -> None:
    script = Script(LOST, refusal("50000030"), run("Processing"))
    with pytest.raises(errors.RuleViolationError) as caught:
        kind.use(script, lambda client: client.cancel("JR-00000075"))
    assert caught.value.maybe_processed


def test_a_cancellation_whose_response_stays_lost_is_read_from_the_run(kind: Kind) -> None:
    script = Script(LOST, LOST, run("CancelInprogress"))
    kind.use(script, lambda client: client.cancel("JR-00000075"), retry=TWICE)
    assert len(script.requests) == 3


def test_if_the_run_cannot_be_read_either_the_first_error_stands(kind: Kind) -> None:
    script = Script(LOST, LOST, refusal("50000010"))
    with pytest.raises(errors.ResponseLostError) as caught:
        kind.use(script, lambda client: client.cancel("JR-00000075"), retry=TWICE)
    assert caught.value.maybe_processed


# delete

GONE = refusal("50000040", "Cannot find entity by key: 'JR-00000075'.")


def test_only_a_cancelled_run_is_deleted(kind: Kind) -> None:
    script = Script(run("Completed"))
    with pytest.raises(errors.RunStatusError, match="is Completed") as caught:
        kind.use(script, lambda client: client.delete("JR-00000075"))
    assert caught.value.run.status == "Completed"
    assert len(script.requests) == 1


def test_delete(kind: Kind) -> None:
    script = Script(run("Cancelled"), answer())
    deletion = kind.use(script, lambda client: client.delete("JR-00000075"))
    assert (deletion.number, deletion.gone) == ("JR-00000075", False)
    assert deletion.exchange is not None
    assert [request.method for request in script.requests] == ["GET", "DELETE"]


def test_a_deletion_that_is_in_progress_is_waited_for(kind: Kind) -> None:
    script = Script(run("DeleteInprogress"), run("DeleteInprogress"), GONE)
    seen: list[str] = []
    deletion = kind.use(
        script, lambda client: client.delete("JR-00000075", wait=True, on_poll=lambda run: seen.append(run.status))
    )
    assert deletion.gone
    assert seen == ["DeleteInprogress"]
    # It is gone when it is not found at three polls in a row.
    assert [request.method for request in script.requests] == ["GET"] * 5


def test_a_deletion_waited_for_in_vain(kind: Kind) -> None:
    script = Script(run("Cancelled"), answer(), run("DeleteInprogress"))
    clock = FakeClock()
    with pytest.raises(errors.DeletionTimeoutError, match="DeleteInprogress") as caught:
        kind.use(script, lambda client: client.delete("JR-00000075", wait=True, timeout=60), clock=clock)
    assert caught.value.number == "JR-00000075"
    assert clock.now == 1060


def test_the_wait_for_a_deletion_survives_a_lost_response(kind: Kind) -> None:
    script = Script(run("Cancelled"), answer(), LOST, GONE)
    assert kind.use(script, lambda c: c.delete("JR-00000075", wait=True), retry=Backoff(attempts=1)).gone


def test_the_wait_for_a_deletion_ends_with_a_missing_permission(kind: Kind) -> None:
    script = Script(run("Cancelled"), answer(), refusal("50000010"))
    with pytest.raises(errors.PermissionDeniedError):
        kind.use(script, lambda client: client.delete("JR-00000075", wait=True))


def test_a_run_that_is_not_there_cannot_be_deleted(kind: Kind) -> None:
    with pytest.raises(errors.NotFoundError):
        kind.use(Script(GONE), lambda client: client.delete("JR-00000075"))
    with pytest.raises(errors.NotFoundError):
        kind.use(Script(run("Cancelled"), GONE), lambda client: client.delete("JR-00000075"))


def test_a_repeated_deletion_that_meets_nothing_is_done(kind: Kind) -> None:
    script = Script(run("Cancelled"), LOST, GONE)
    assert kind.use(script, lambda client: client.delete("JR-00000075")).gone


def test_a_repeated_deletion_that_meets_the_first(kind: Kind) -> None:
    script = Script(run("Cancelled"), LOST, refusal("50000030"), run("DeleteInprogress"))
    assert not kind.use(script, lambda client: client.delete("JR-00000075")).gone


def test_a_deletion_whose_fate_is_unknown(kind: Kind) -> None:
    for last in (run("Cancelled"), refusal("50000010")):
        with pytest.raises(errors.ResponseLostError) as caught:
            kind.use(Script(run("Cancelled"), LOST, LOST, last), lambda c: c.delete("JR-00000075"), retry=TWICE)
        assert caught.value.maybe_processed


def test_a_deletion_whose_fate_is_not_known_by_the_deadline(kind: Kind) -> None:
    """The run is not found once, which a replica that lags may report too, and then the time is over."""
    clock, script = FakeClock(), Script(run("Cancelled"), LOST, GONE)

    def take_long(_: Attempt) -> None:
        clock.now += 60.0 if len(script.requests) == 3 else 0.0

    with pytest.raises(errors.ResponseLostError) as caught:
        kind.use(
            script,
            lambda client: client.delete("JR-00000075"),
            clock=clock,
            deadline=60.0,
            retry=Backoff(attempts=1),
            on_attempt=take_long,
        )
    assert caught.value.maybe_processed
    assert [request.method for request in script.requests] == ["GET", "DELETE", "GET"]


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
@pytest.mark.parametrize("verb", ["cancel_and_wait", "wait_for_cancellation", "wait_for_completion", "delete"])
def test_an_invalid_timeout_is_refused_before_anything_is_sent(kind: Kind, verb: str, timeout: float) -> None:
    script = Script(run())
    with pytest.raises(errors.InvalidArgumentError, match="timeout"):
        kind.use(script, lambda client: getattr(client, verb)("JR-00000075", timeout=timeout))
    assert script.requests == []


def items(*amounts: str | None, side: str = "Debit") -> list[dict[str, object]]:
    return [{"type": side, "accountingCodeName": "A", "amount": amount} for amount in amounts]


@pytest.mark.parametrize(
    ("journal_entry_items", "amount"),
    [
        (items("10.10", "0.90") + items("11.00", side="Credit"), Decimal("11.00")),
        (items("1" * 40 + ".01", "0.01"), Decimal("1" * 40 + ".02")),
        (items("10", None), None),
        (items("10", side="Credit"), None),
        ([], None),
    ],
)
def test_what_a_blocked_entry_is_worth(journal_entry_items: list[dict[str, object]], amount: Decimal | None) -> None:
    fields = {"transactionType": "Invoice Item", "currency": "EUR", "journalEntryItems": journal_entry_items}
    blocked = BlockedEntry(JournalEntry.from_dict({**entry(1, transferred="Yes"), **fields}))
    assert (blocked.amount, blocked.currency, blocked.transaction_type) == (amount, "EUR", "Invoice Item")
