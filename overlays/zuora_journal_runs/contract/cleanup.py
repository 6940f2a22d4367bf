"""Cancel and delete what the suite made, as far as the provider lets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .checks import Skipped, expect
from .clock import OutOfTime
from .findings import Findings
from .harness import FIRST_POLLS, pauses
from .provider import UNREADABLE
from .run_model import BLOCKING, CANCELABLE, GONE, IN_PROGRESS
from .session import NoResponseError, RequestNotSentError

if TYPE_CHECKING:
    from .harness import Harness

ATTEMPTS = 5
"""How often each run is tried, since a provider may fail now and then."""


class CleanUp:
    """Removes the suite's own runs, whatever state they are in.

    Args:
        harness: The provider.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self.left: dict[str, str] = {}
        """The reasons why runs could not be removed, by their numbers."""

    def remove_all(self) -> None:
        """Remove every run that is not known to be gone."""
        harness = self._harness
        if harness.max_time is not None:
            harness.clock.deadline = harness.began + harness.max_time
        self.left = {
            number: "cleaning up was stopped" for number, model in harness.own.items() if not model.is_surely(GONE)
        }
        # What is found now would be found again by the rules.
        found, harness.findings = harness.findings, Findings()
        try:
            for number in list(self.left):
                if why := self._why_not_removed(number):
                    self.left[number] = why
                else:
                    del self.left[number]
        finally:
            harness.findings = found

    def _why_not_removed(self, number: str) -> str:
        """Try to remove a run; return why that failed, or nothing if it is gone."""
        why = ""
        for _ in range(ATTEMPTS):
            try:
                self._remove(number)
            except OutOfTime:
                return "there was no time to clean it up"
            except Skipped as error:
                return str(error)
            except (AssertionError, *UNREADABLE, NoResponseError, RequestNotSentError) as error:
                why = self._harness.clean(str(error))
            else:
                return ""
        return why

    def _remove(self, number: str) -> None:
        """Cancel and delete a run, by the statuses that it shows and not by the model of it."""
        status = self._status_at_rest(number)
        if status in CANCELABLE:
            status = self._after("cancelJournalRun", number, status, body={})
        if status in CANCELABLE and self._unmark_entries(number):
            status = self._after("cancelJournalRun", number, status, body={})
        if status == "Cancelled":
            status = self._after("deleteJournalRun", number, status)
        why = ", since entries of it were transferred to accounting" if status in CANCELABLE else ""
        expect(status == GONE, f"it is {status}, and stays{why}")

    def _after(self, operation_id: str, number: str, status: str, **parts: Any) -> str:
        """Request something, and return the status in which the run then settles."""
        self._harness.call(operation_id, number, **parts)
        return self._status_at_rest(number, before=status)

    def _status_at_rest(self, number: str, before: str | None = None) -> str:
        """Wait until a run settles; return its status.

        Args:
            number: The run's number.
            before: The status before the last request, which it may show until that is done.
        """
        harness = self._harness
        began, pause, polls = harness.clock.now(), pauses(), 0
        while True:
            polls += 1
            response = harness.call("getJournalRun", number)
            status = GONE if response.status == 404 else str(response.data.get("status", "unreadable"))
            if status not in (*IN_PROGRESS, "unreadable") and (status != before or self._is_blocked(number)):
                return status
            if harness.clock.now() - began >= harness.patience and polls > FIRST_POLLS:
                raise Skipped(f"it is still {status}")
            harness.clock.sleep(next(pause))

    def _unmark_entries(self, number: str) -> bool:
        """Mark the transferred entries of a run as not transferred; return whether the user may, for all of them."""
        update = {"transferredToAccounting": "No"}
        marked = [each for each in self._remaining(number) if each.get("transferredToAccounting") in BLOCKING]
        done = [self._harness.call("updateJournalEntry", each["number"], body=update).status for each in marked]
        return set(done) == {200}

    def _is_blocked(self, number: str) -> bool:
        left = self._remaining(number)
        return bool(left) and all(entry.get("transferredToAccounting") in BLOCKING for entry in left)

    def _remaining(self, number: str) -> list[dict[str, Any]]:
        """Return the entries of a run that are not cancelled."""
        harness = self._harness
        return [
            entry
            for page in harness.pages(number, harness.largest_page)
            for entry in page.data.get("journalEntries", ())
            if entry["status"] != "Cancelled"
        ]
