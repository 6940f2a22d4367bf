"""The generated functions on a client's connection meet faults as the client's own verbs do.

They say what a single call gave. So where the answer to a cancellation or deletion is lost and its repetition is
refused, it is for their caller to look at the run: the error says that the call may have been acted upon.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs import JournalRunsClient, errors
from zuora_journal_runs_api.api.journal_entries import list_journal_entries_of_journal_run, update_journal_entry
from zuora_journal_runs_api.api.journal_runs import (
    cancel_journal_run,
    create_journal_run,
    delete_journal_run,
    get_journal_run,
)
from zuora_journal_runs_api.models import CreateJournalRunRequest, UpdateJournalEntryRequest

from .clients import KINDS
from .faults import FAULTS
from .service import CANCELLED_RUN, ENTRY, NEW_RUN, RUN
from .table import OPERATIONS, Cell, Expected, Operation
from .trial import meet

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from .trial import World

BODY = {"journalEntryDate": "2026-04-30", "accountingPeriodName": "Apr 2026", "transactionTypes": []}
SOME = {
    "refused",
    "reset before the server acted",
    "reset after",
    "timeout in read after",
    "truncated JSON",
    "gzip bomb",
    "200 without success",
    "track id of another call",
    "redirect to another origin",
    "502 before",
    "502 after the server acted",
    "429 with seconds",
    "429 with a day",
    "200 false in category 30",
    "200 false in category 50",
    "200 false in category 61",
    "409 with a page",
    "401",
    "token endpoint down",
    "token endpoint refuses: 400",
}
NAMED = {operation.name: operation for operation in OPERATIONS}


def function(module: ModuleType, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    def work(client: Any) -> Any:
        call = module.sync_detailed if isinstance(client, JournalRunsClient) else module.asyncio_detailed
        return call(*args, client=client.api, **kwargs)

    return work


def create_again(session: Any, error: errors.CallError) -> None:
    session.do(lambda client: CREATE(client.with_options(idempotency_key=error.idempotency_key)))


CREATE = function(create_journal_run, body=CreateJournalRunRequest.from_dict(BODY))
UPDATE = function(update_journal_entry, ENTRY, body=UpdateJournalEntryRequest(transferred_to_accounting="Yes"))
GENERATED = {
    create_journal_run: replace(
        NAMED["create"],
        work=CREATE,
        gives=lambda result: result.parsed.journal_run_number == NEW_RUN,
        make_good=create_again,
    ),
    get_journal_run: replace(
        NAMED["retrieve"],
        work=function(get_journal_run, RUN),
        gives=lambda result: result.parsed.number == RUN,
    ),
    list_journal_entries_of_journal_run: replace(
        NAMED["entries"],
        work=function(list_journal_entries_of_journal_run, RUN),
        gives=lambda result: len(result.parsed.journal_entries) == 1,
    ),
    cancel_journal_run: replace(
        NAMED["cancel"],
        work=function(cancel_journal_run, RUN),
        gives=lambda result: result.parsed.success is True,
        told_by_run=False,
    ),
    delete_journal_run: replace(
        NAMED["delete"],
        work=function(delete_journal_run, CANCELLED_RUN),
        gives=lambda result: result.parsed.success is True,
        told_by_run=False,
        after=None,
    ),
    update_journal_entry: Operation(
        "update",
        UPDATE,
        f"update {ENTRY}",
        lambda result: result.parsed.success is True,
        change=f"updated {ENTRY}",
        make_good=lambda session, _: session.do(UPDATE),
    ),
}
REPEATED = {"cancel": errors.RuleViolationError, "delete": errors.NotFoundError}


class GeneratedCell(Cell):
    @property
    def expected(self) -> Expected:
        expected = super().expected
        acted_upon = self.fault.acts and self.fault.ambiguous and self.fault.passes
        refused = REPEATED.get(self.operation.name)
        if acted_upon and refused and (expected.error is None or self._meets_itself()):
            return replace(expected, error=refused, maybe_processed=True)
        return expected

    def _meets_itself(self) -> bool:
        """Whether the status of the repeated request's answer can be read in spite of the fault."""
        return self.operation.name == "delete" and self.fault.status_intact


CELLS = [
    GeneratedCell(operation, fault, variant == "always", kind)
    for operation in GENERATED.values()
    for fault in FAULTS
    if fault.name in SOME and (not fault.only or operation.name in fault.only)
    for variant in fault.variants
    for kind in KINDS
]


@pytest.mark.parametrize("cell", [pytest.param(cell, id=cell.name) for cell in CELLS])
def test_cell(cell: GeneratedCell, world: World, count: Callable[[], None]) -> None:
    count()
    meet(cell, world)


def test_every_named_fault_is_one() -> None:
    assert {fault.name for fault in FAULTS} >= SOME
