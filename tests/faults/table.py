"""The table of operations and faults, with what has to come of each.

What is expected follows from what is true of the operation and of the fault, and from these rules:

- a request that may succeed later is sent up to five times, and the first success is the end of it;
- a rejected token is renewed once, without a wait;
- what cannot pass, or asks for a wait beyond the call's deadline, is sent once;
- a lost answer to a cancellation or deletion is learned from the run, as long as the deadline has not passed; a run
  is gone only if it is not found at three polls in a row;
- else the caller gets the error of the fault, and it says that the call may have been acted upon if nobody here can
  know, and the call is one that changes something.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zuora_journal_runs import errors

from .clients import KINDS
from .faults import FAULTS, Fault
from .service import CANCELLED_RUN, NEW_RUN, RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clients import Session

ATTEMPTS = 5
GONE_POLLS = 3


@dataclass(frozen=True)
class Operation:
    name: str
    work: Callable[[Any], Any]
    """Does it with a client."""
    call: str
    """How errors name it."""
    gives: Callable[[Any], bool]
    """Whether a result is what the server has."""
    change: str | None = None
    """What it changes at the server, if anything."""
    make_good: Callable[[Session, errors.CallError], None] = lambda *_: None
    """Does what its documentation tells a caller who does not know if it was done."""
    after: str | None = None
    """The operation whose request goes before, if any."""
    told_by_run: bool = False
    """Whether the run tells if it was done."""


def create(client: Any) -> Any:
    return client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026")


def cancel(client: Any) -> Any:
    return client.cancel(RUN)


def delete(client: Any) -> Any:
    return client.delete(CANCELLED_RUN)


def create_again(session: Session, error: errors.CallError) -> None:
    session.do(lambda client: create(client.with_options(idempotency_key=error.idempotency_key)))


def cancel_if_not_cancelled(session: Session, _: errors.CallError) -> None:
    run = session.do(lambda client: client.retrieve(RUN))
    if run.status not in ("CancelInprogress", "Cancelled"):
        session.do(cancel)


def delete_if_there(session: Session, _: errors.CallError) -> None:
    with suppress(errors.NotFoundError):
        session.do(delete)


def all_entries(entries: Any) -> bool:
    return [entry.number for entry in entries] == ["JE-00000001", "JE-00000002"]


OPERATIONS = [
    Operation(
        "create",
        create,
        "create a journal run",
        lambda result: result.journal_run_number == NEW_RUN,
        change=f"created {NEW_RUN}",
        make_good=create_again,
    ),
    Operation(
        "retrieve",
        lambda client: client.retrieve(RUN),
        f"retrieve {RUN}",
        lambda result: (result.number, result.status) == (RUN, "Completed"),
    ),
    Operation("entries", lambda client: client.entries(RUN), f"list the entries of {RUN}", all_entries),
    Operation(
        "next page", lambda client: client.entries(RUN), f"list the entries of {RUN}", all_entries, after="entries"
    ),
    Operation(
        "cancel",
        cancel,
        f"cancel {RUN}",
        lambda result: result.number == RUN,
        change=f"cancelled {RUN}",
        make_good=cancel_if_not_cancelled,
        told_by_run=True,
    ),
    Operation(
        "delete",
        delete,
        f"delete {CANCELLED_RUN}",
        lambda result: result.number == CANCELLED_RUN,
        change=f"deleted {CANCELLED_RUN}",
        make_good=delete_if_there,
        after="retrieve",
        told_by_run=True,
    ),
]


@dataclass(frozen=True)
class Expected:
    changed: bool
    """Whether the server has done what was asked, which it must not do twice."""
    requests: int
    """The requests of the operation that the server saw."""
    error: type[errors.CallError] | None
    """What the caller gets; None if it is the result."""
    maybe_processed: bool
    """What the error says of the request."""
    waits: int
    """How often the client waited."""


@dataclass(frozen=True)
class Cell:
    operation: Operation
    fault: Fault
    lasting: bool
    kind: str

    @property
    def name(self) -> str:
        return f"{self.operation.name} - {self.fault.name} - {'always' if self.lasting else 'once'} - {self.kind}"

    @property
    def expected(self) -> Expected:
        operation, fault = self.operation, self.fault
        recovers = not self.lasting
        attempts = self._attempts()
        # A fault that outlasts the deadline leaves no time to look.
        told = operation.told_by_run and fault.acts and fault.ambiguous and not fault.slow
        error = None if recovers or told else fault.error
        if error is not None and self._reads_past_the_end():
            error = errors.ResponseLostError
        requests = attempts if fault.reaches else int(recovers)
        looks_late = operation.told_by_run and fault.ambiguous and self.lasting and fault.retry_after is not None
        if operation.name == "entries" and fault.error is errors.InvalidRequestError:
            # The tenant may take only smaller pages, so that one is asked for.
            requests += 1
        if fault.name == "next page that is itself":
            # That can be told from the second time on.
            requests += 1
        return Expected(
            changed=operation.change is not None and (recovers or fault.acts),
            requests=requests,
            error=error,
            maybe_processed=error is not None and fault.ambiguous and operation.change is not None,
            # What binds the client binds the look at the run too.
            waits=0 if fault.renews else attempts - 1 + looks_late + self._polls_to_be_gone(),
        )

    def _polls_to_be_gone(self) -> int:
        """The waits between the polls that show that a deleted run is gone."""
        operation, fault = self.operation, self.fault
        deleted = (
            operation.name == "delete" and operation.told_by_run and fault.acts and fault.ambiguous and not fault.slow
        )
        return GONE_POLLS - 1 if deleted and not fault.renews else 0

    def _attempts(self) -> int:
        if self.fault.renews:
            return 2
        if not self.fault.passes:
            return 1
        if not self.lasting:
            return 2
        if self.operation.name == "delete" and self.fault.status_intact and not self._reads_past_the_end():
            # The first request deleted the run. What the second meets is status 404, which says enough.
            return 2
        return ATTEMPTS

    def _reads_past_the_end(self) -> bool:
        """Whether the transport finds fault with what comes after an answer, before it hands the answer on."""
        return self.kind == "async" and self.fault.name == "length too small"


CELLS = [
    Cell(operation, fault, variant == "always", kind)
    for operation in OPERATIONS
    for fault in FAULTS
    if not fault.only or operation.name in fault.only
    for variant in fault.variants
    for kind in KINDS
]
