"""The life of a journal run as a provider's callers see it, and a machine that walks it at random.

What a run may do next is told from what was asked and answered so far, so that it holds for any provider, at any
speed (Zuora, Cancel a journal run, 2026-02-20; Journal Runs in the Knowledge Center for the other transitions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, multiple, precondition, rule
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from .checks import body_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from schemathesis import Response

    from .suite import Suite

STATUSES = ("Pending", "Processing", "Completed", "Error", "CancelInprogress", "Cancelled", "DeleteInprogress")
CANCELABLE = frozenset({"Pending", "Completed", "Error"})
IN_PROGRESS = frozenset({"Pending", "Processing", "CancelInprogress", "DeleteInprogress"})
GONE = "gone"
"""Stands for a run that is not there any more."""

ALLOWED: Mapping[str, Mapping[str, int]] = {
    "getJournalRun": {**dict.fromkeys(STATUSES, 200), GONE: 404},
    "listJournalEntriesOfJournalRun": {**dict.fromkeys(STATUSES, 200), GONE: 404},
    "cancelJournalRun": {status: 200 if status in CANCELABLE else 409 for status in STATUSES} | {GONE: 404},
    "deleteJournalRun": {status: 200 if status == "Cancelled" else 409 for status in STATUSES} | {GONE: 404},
}
"""The judged status of every operation on a run in every status; 409 where the status does not allow it."""

MOST_RUNS = 2
"""Runs that a walk makes: more of them would only leave less to happen to each."""

LONGEST_WAIT = 30
"""Looks at a run after which it should have come to rest."""

_GOES_ON_TO = {"Pending": {"Processing"}, "Processing": {"Completed", "Error"}, "DeleteInprogress": {GONE}}


class Life:
    """One run, as far as it is known from outside.

    Every method takes an answer, and raises AssertionError if it cannot be true.
    """

    def __init__(self, number: str) -> None:
        self.number = number
        self.possible = {"Pending"}
        self.before: frozenset[str] = frozenset()
        """What it may have been when it was cancelled, and is again if entries stay."""
        self.entries: dict[str, dict[str, Any]] | None = None
        """Its entries, once it has them all."""
        self.count: int | None = None
        """How many they are."""

    def retrieved(self, status: int, run: Mapping[str, Any]) -> None:
        """The run was retrieved."""
        self._told(run["status"] if status == 200 else GONE)
        if run.get("status") in ("Completed", "Cancelled"):
            self._counted(run["totalJournalEntryCount"])

    def listed(self, status: int, entries: Sequence[dict[str, Any]]) -> None:
        """All of its entries were listed."""
        if status == 404:
            self._told(GONE)
            return
        listed = {entry["number"]: entry for entry in entries}
        assert len(listed) == len(entries), f"{self.number}: an entry is listed twice"
        if self.count is None:
            return  # there may be more of them soon
        self._counted(len(listed))
        known = listed if self.entries is None else self.entries
        assert listed.keys() == known.keys(), f"{self.number} has other entries than before"
        for number, entry in listed.items():
            self._changed(number, known[number], entry)
        self.entries = listed

    def _counted(self, count: int) -> None:
        assert self.count in (None, count), f"{self.number} has {count} entries, and had {self.count} before"
        self.count = count

    def _changed(self, number: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        if now["status"] == "Cancelled":
            assert self.before, f"{number} is cancelled, and nobody asked for it"
            transferred = before["status"] != "Cancelled" and before.get("transferredToAccounting") == "Yes"
            assert not transferred, f"{number} is cancelled, and was transferred to accounting"
        else:
            assert before["status"] != "Cancelled", f"{number} was cancelled, and is {now['status']} again"
            assert self.possible != {"Cancelled"}, f"{self.number} is Cancelled, and its entry {number} is not"

    def may_be(self, *statuses: str) -> bool:
        """Whether it may have one of these statuses now."""
        self._pass_time()
        return not self.possible.isdisjoint(statuses)

    def cancelled(self, status: int) -> None:
        """A cancellation was asked for."""
        self._asked(status, CANCELABLE)
        if status == 200:
            self.before = frozenset(self.possible)
            self.possible = {"CancelInprogress"}

    def deleted(self, status: int) -> None:
        """A deletion was asked for."""
        self._asked(status, {"Cancelled"})
        if status == 200:
            self.possible = {"DeleteInprogress"}

    def _asked(self, status: int, allowed: Iterable[str]) -> None:
        self._pass_time()
        before = set(self.possible)
        if status == 200:
            self.possible &= set(allowed)
        elif status == 404:
            self.possible &= {GONE}
        else:
            assert status == 409, f"{self.number}: {status}"
            self.possible -= {*allowed, GONE}
        assert self.possible, f"{self.number} can only be {sorted(before)}, and that was answered with {status}"

    def _told(self, status: str) -> None:
        self._pass_time()
        assert status in self.possible, f"{self.number} is {status}, and can only be {sorted(self.possible)}"
        # While it is being cancelled it may show the status that it had before.
        self.possible = {"CancelInprogress"} if status in self.before else {status}

    def _pass_time(self) -> None:
        while new := {after for status in self.possible for after in self._next(status)} - self.possible:
            self.possible |= new

    def _next(self, status: str) -> set[str]:
        if status == "CancelInprogress":
            return {"Cancelled", *self.before}
        return set() if status in self.before else _GOES_ON_TO.get(status, set())


def machine(
    suite: Suite,
    *,
    start: Callable[[], object],
    transfer: Callable[[str], object],
    reached: Counter[tuple[str, int]],
) -> type[RuleBasedStateMachine]:
    """A machine that makes runs, and does with them what people do, in any order.

    Args:
        suite: The suite for the provider.
        start: Called before each walk; no run may be pending then.
        transfer: Has accounting take over an entry of the run with this number, if there is one to take over.
        reached: Counts the operations and the judged statuses of their answers.
    """
    strategies = {
        operation_id: suite.schema.find_operation_by_id(operation_id).as_strategy(
            generation_mode=GenerationMode.POSITIVE
        )
        for operation_id in ("createJournalRun", *ALLOWED)
    }

    class Walk(RuleBasedStateMachine):
        runs: Bundle[Life] = Bundle("runs")

        def __init__(self) -> None:
            super().__init__()
            self.lives: list[Life] = []
            start()

        def call(self, data: st.DataObject, operation_id: str, life: Life | None = None, **query: int) -> Response:
            case = data.draw(strategies[operation_id])
            if life is not None:
                case.path_parameters, case.query = {"jr-number": life.number}, query
            # Whether it should be accepted is for `Life` to say; authentication has tests of its own.
            left_out = [positive_data_acceptance, ignored_auth]
            response = case.call_and_validate(additional_checks=suite.checks, excluded_checks=left_out)
            reached[operation_id, response.status_code] += 1
            return response

        @precondition(lambda self: len(self.lives) < MOST_RUNS)
        @rule(target=runs, data=st.data())
        def create(self, data: st.DataObject) -> Life | MultipleResults[Life]:
            response = self.call(data, "createJournalRun")
            if response.status_code == 200:
                life = Life(body_of(response)["journalRunNumber"])
                assert life.number not in {each.number for each in self.lives}, f"{life.number} was created twice"
                self.lives.append(life)
                return life
            assert response.status_code == 409, response.status_code
            assert any(life.may_be("Pending", "Processing") for life in self.lives), "nothing keeps a run from starting"
            return multiple()

        def look(self, data: st.DataObject, life: Life) -> str:
            response = self.call(data, "getJournalRun", life)
            run = body_of(response)
            life.retrieved(response.status_code, run)
            return run["status"] if response.status_code == 200 else GONE

        @rule(data=st.data(), life=runs)
        def retrieve(self, data: st.DataObject, life: Life) -> None:
            self.look(data, life)

        @rule(data=st.data(), life=runs)
        def list_entries(self, data: st.DataObject, life: Life) -> None:
            response = self.call(data, "listJournalEntriesOfJournalRun", life, pageSize=300)
            life.listed(response.status_code, body_of(response).get("journalEntries", []))

        @rule(data=st.data(), life=runs)
        def wait(self, data: st.DataObject, life: Life) -> None:
            # Without this a walk is over before a run is deleted.
            for _ in range(LONGEST_WAIT):
                if self.look(data, life) not in IN_PROGRESS:
                    return
            raise AssertionError(f"{life.number} is still in progress")

        @rule(data=st.data(), life=runs)
        def cancel(self, data: st.DataObject, life: Life) -> None:
            life.cancelled(self.call(data, "cancelJournalRun", life).status_code)

        @rule(data=st.data(), life=runs)
        def delete(self, data: st.DataObject, life: Life) -> None:
            life.deleted(self.call(data, "deleteJournalRun", life).status_code)

        @rule(life=runs)
        def have_an_entry_transferred(self, life: Life) -> None:
            transfer(life.number)

    return Walk
