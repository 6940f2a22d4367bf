"""Posting entries once, marking them, and plans of that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator
from tests.clock import FakeClock

from zuora_journal_runs import Backoff, Plan, PostingOutcome, TransferOutcome, errors, evidence
from zuora_journal_runs.contract import judge_files
from zuora_journal_runs.emulator import Emulator, RunStatus, Transfer
from zuora_journal_runs.evidence import read_evidence

from .emulated import RUN, emulating, requests
from .world import answer, refusal, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import Kind

SCHEMA = Draft202012Validator(
    json.loads((Path(evidence.__file__).parent / "evidence.schema.json").read_text(encoding="utf-8"))
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "post.jsonl"


class Ledger:
    """A ledger that may be slow to say what it has, or unable to post."""

    def __init__(self, *, refuses: dict[str, Exception] | None = None, knows: Any = None) -> None:
        self.posted: list[str] = []
        self.asked: list[str] = []
        self.refuses, self.knows = refuses or {}, knows

    def post(self, entry: Any) -> None:
        if entry.number in self.refuses:
            raise self.refuses[entry.number]
        self.posted.append(entry.number)

    async def post_async(self, entry: Any) -> None:
        self.post(entry)

    def has(self, entry: Any) -> Any:
        self.asked.append(entry.number)
        return entry.number in self.posted if self.knows is None else self.knows

    async def has_async(self, entry: Any) -> Any:
        return self.has(entry)


def marks(emulator: Emulator) -> list[str]:
    return [str(each.transfer) for each in emulator.run(RUN).entries]


def numbers(entries: Any) -> list[str]:
    return [entry.number for entry in entries]


def test_each_entry_is_posted_once_and_marked(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating(entries=6, transfers={2: Transfer.YES, 4: Transfer.IGNORE, 5: Transfer.ERROR})
    listed = emulator.entry_numbers(RUN)
    ledger = Ledger()
    seen: list[list[str]] = []

    def post(entry: Any) -> None:
        seen.append(marks(emulator))
        ledger.post(entry)

    outcome = use(emulator, lambda client: client.post_entries(RUN, post, notes="Batch 17", evidence=file))
    assert isinstance(outcome, PostingOutcome)
    assert ledger.posted == [listed[0], listed[2], listed[4], listed[5]]
    assert numbers(outcome.posted) == ledger.posted
    assert (numbers(outcome.already), numbers(outcome.left)) == ([listed[1]], [listed[3]])
    assert outcome.complete
    assert all(entry.transferred_to_accounting == "Yes" for entry in outcome.posted)
    # Each is claimed before it is posted, and marked before the next one is.
    assert seen[1] == ["Yes", "Yes", "Processing", "Ignore", "Error", "No"]
    entries = use(emulator, lambda client: client.entries(RUN))
    assert [entry.notes == "Batch 17" for entry in entries] == [True, False, True, False, True, True]
    assert outcome.summary() == f"{RUN}: 4 posted, 1 already transferred, 1 left alone."
    assert "4 posted" in repr(outcome)
    with pytest.raises(TypeError, match=r"use \.complete"):
        bool(outcome)
    again = use(emulator, lambda client: client.post_entries(RUN, post, evidence=file))
    assert len(ledger.posted) == 4
    assert numbers(again.posted) == numbers(outcome.posted)
    other = use(emulator, lambda client: client.post_entries(RUN, post))
    assert len(numbers(other.already)) == 5
    for line in file.read_text(encoding="utf-8").splitlines():
        SCHEMA.validate(json.loads(line))
    found = read_evidence(file)
    assert found.conclusion is not None
    assert found.conclusion.facts == {
        "verdict": "complete", "posted": 4, "already": 1, "failed": [], "inDoubt": [], "open": []
    }  # fmt: skip
    assert [finding.title for finding in judge_files([file]).findings] == []


def test_what_cannot_be_posted_is_marked_and_posted_by_the_next_call(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating()
    listed = emulator.entry_numbers(RUN)
    problem = ValueError("no such account")
    ledger = Ledger(refuses={listed[1]: problem})
    outcome = use(emulator, lambda client: client.post_entries(RUN, ledger.post, evidence=file))
    assert not outcome.complete
    assert (numbers(outcome.failed), outcome.errors) == ([listed[1]], {listed[1]: problem})
    assert marks(emulator) == ["Yes", "Error", "Yes", "Yes"]
    ledger.refuses = {}
    assert use(emulator, lambda client: client.post_entries(RUN, ledger.post, evidence=file)).complete
    assert sorted(ledger.posted) == listed


@pytest.mark.parametrize("with_file", [False, True])
def test_an_entry_in_doubt_stops_everything(use: Callable[..., Any], file: Path, with_file: bool) -> None:
    emulator = emulating(transfers={3: Transfer.PROCESSING})
    listed = emulator.entry_numbers(RUN)
    ledger = Ledger()
    where = {"evidence": file} if with_file else {}
    for was_posted in (None, Ledger(knows="perhaps").has, Ledger(knows=1).has):
        outcome = use(
            emulator,
            lambda client, ask=was_posted: client.post_entries(RUN, ledger.post, was_posted=ask, **where),
        )
        assert not outcome.complete
        assert numbers(outcome.in_doubt) == [listed[2]]
        assert numbers(outcome.open) == [listed[0], listed[1], listed[3]]
        assert f"Look in the ledger for what is in doubt: {listed[2]}" in outcome.summary()
    assert ledger.posted == []
    assert requests(emulator) == []


@pytest.mark.parametrize("posted", [False, True])
def test_a_doubt_is_resolved_by_the_ledger(use: Callable[..., Any], posted: bool) -> None:
    emulator = emulating(transfers={3: Transfer.PROCESSING})
    listed = emulator.entry_numbers(RUN)
    ledger = Ledger()
    ledger.posted += [listed[2]] * posted
    outcome = use(emulator, lambda client: client.post_entries(RUN, ledger.post, was_posted=ledger.has))
    assert outcome.complete
    assert ledger.asked == [listed[2]]
    assert sorted(ledger.posted) == listed
    assert marks(emulator) == ["Yes"] * 4


class LedgerTimeoutError(Exception):
    maybe_processed = True


DOUBTS: dict[str, tuple[Exception, Any, str, bool]] = {
    # What `post` raises, what `was_posted` returns, the mark, and whether it is in doubt.
    "not asked": (errors.PostingInDoubtError("timeout"), None, "Processing", True),
    "an error of another library": (LedgerTimeoutError(), None, "Processing", True),
    "it was": (errors.PostingInDoubtError("timeout"), True, "Yes", False),
    "it was not": (errors.PostingInDoubtError("timeout"), False, "Error", False),
    "it cannot tell": (errors.PostingInDoubtError("timeout"), "?", "Processing", True),
}


@pytest.mark.parametrize(("problem", "knows", "mark", "doubt"), DOUBTS.values(), ids=DOUBTS)
def test_a_posting_that_may_have_been_made(
    use: Callable[..., Any], file: Path, problem: Exception, knows: Any, mark: str, doubt: bool
) -> None:
    """It is not posted a second time, neither in this call nor, without asking, in the next."""
    emulator = emulating()
    listed = emulator.entry_numbers(RUN)
    ledger = Ledger(refuses={listed[0]: problem}, knows=knows)
    ask = {} if knows is None else {"was_posted": ledger.has}
    outcome = use(emulator, lambda client: client.post_entries(RUN, ledger.post, evidence=file, **ask))
    assert marks(emulator) == [mark, "Yes", "Yes", "Yes"]
    assert numbers(outcome.in_doubt) == [listed[0]] * doubt
    assert (outcome.errors.get(listed[0]) is problem) == (mark != "Yes")
    assert ledger.posted == listed[1:]
    ledger.refuses = {}
    again = use(emulator, lambda client: client.post_entries(RUN, ledger.post, evidence=file))
    assert again.complete == (not doubt)
    assert (listed[0] in ledger.posted) == (mark == "Error")


def test_what_the_ledger_raises_about_a_doubt_reaches_the_caller(use: Callable[..., Any]) -> None:
    emulator = emulating(transfers={3: Transfer.PROCESSING})

    def has(_: Any) -> bool:
        raise LookupError("the ledger is down")

    with pytest.raises(LookupError, match="the ledger is down"):
        use(emulator, lambda client: client.post_entries(RUN, lambda _: None, was_posted=has))
    assert requests(emulator) == []


def test_functions_may_be_asynchronous(file: Path) -> None:
    from .emulated import asynchronously, synchronously

    emulator = emulating(transfers={3: Transfer.PROCESSING})
    ledger = Ledger()

    def work(client: Any) -> Any:
        return client.post_entries(RUN, ledger.post_async, was_posted=ledger.has_async, evidence=file)

    with pytest.raises(errors.InvalidArgumentError, match="post_async is asynchronous: use AsyncJournalRunsClient"):
        synchronously(emulator, work)
    assert requests(emulator) == []
    assert asynchronously(emulator, work).complete
    assert len(ledger.posted) == 4


def test_a_generator_function_posts_nothing() -> None:
    def post(entry: Any) -> Any:
        yield entry

    from .emulated import synchronously

    emulator = emulating()
    with pytest.raises(errors.InvalidArgumentError, match="post is a generator function"):
        synchronously(emulator, lambda client: client.post_entries(RUN, post))
    assert requests(emulator) == []


def test_entries_of_a_cancelled_run_are_not_marked() -> None:
    with (
        Emulator() as emulator,
        emulator.client() as client,
        pytest.raises(errors.RunStatusError, match="JR-00000072 is Cancelled, and its entries cannot be marked"),
    ):
        client.transfer("JR-00000072")


def test_a_function_that_turns_out_to_be_asynchronous_posts_nothing() -> None:
    emulator = emulating(entries=1)
    ledger = Ledger()

    def post(entry: Any) -> Any:
        return ledger.post_async(entry)

    with emulator.client() as client:
        outcome = client.post_entries(RUN, post)
    (problem,) = outcome.errors.values()
    assert "asynchronous" in str(problem)
    assert (ledger.posted, marks(emulator)) == ([], ["Error"])


BAD: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "no function": ((RUN, "post"), {}, "post is 'post': give a function"),
    "no function to ask": ((RUN, print), {"was_posted": True}, "was_posted is True: give a function"),
    "no number": (("JR-7", print), {}, "JR-7"),
    "long notes": ((RUN, print), {"notes": "x" * 2001}, "at most 2,000"),
    "no time": ((RUN, print), {"timeout": 0}, "timeout is 0"),
}


@pytest.mark.parametrize(("arguments", "options", "said"), BAD.values(), ids=BAD)
def test_bad_input(use: Callable[..., Any], arguments: Any, options: Any, said: str) -> None:
    emulator = emulating()
    with pytest.raises(errors.InvalidArgumentError, match=said):
        use(emulator, lambda client: client.post_entries(*arguments, **options))
    assert [request for request in emulator.requests if request.operation != "createToken"] == []


@pytest.mark.parametrize("status", [RunStatus.PROCESSING, RunStatus.CANCELLED, RunStatus.CANCEL_IN_PROGRESS])
def test_only_entries_of_a_completed_run_are_posted(use: Callable[..., Any], status: RunStatus) -> None:
    emulator = emulating(status=status, pacing="held")
    with pytest.raises(errors.RunStatusError, match="is Completed are posted"):
        use(emulator, lambda client: client.post_entries(RUN, print))


def test_a_claim_that_is_refused_is_not_posted(use: Callable[..., Any]) -> None:
    """Somebody cancels the run while its entries are posted."""
    emulator = emulating()
    listed = emulator.entry_numbers(RUN)
    ledger = Ledger()

    def post(entry: Any) -> None:
        ledger.post(entry)
        if entry.number == listed[1]:
            emulator.cancel_run(RUN)
            emulator.release(RUN)

    outcome = use(emulator, lambda client: client.post_entries(RUN, post, timeout=60))
    # The one in progress was posted, and stayed since it was claimed; the others are cancelled.
    assert ledger.posted == listed[:2]
    assert marks(emulator)[:2] == ["Yes", "Yes"]
    assert numbers(outcome.posted) == listed[:2]
    assert {*outcome.errors} == {*listed[2:]}
    assert all("cancelled" in str(error) for error in outcome.errors.values())


class Service:
    """A run whose entries accept marks, and show them only after so many listings."""

    def __init__(self, *, lag: int = 0, forgets: bool = False, total: int = 2) -> None:
        self.marks = {f"JE-{number:08}": "No" for number in (1, 2)}
        self.shown = dict(self.marks)
        self.statuses = dict.fromkeys(self.marks, "Created")
        self.lag, self.forgets, self.total = lag, forgets, total
        self.listings = 0
        self.updates: list[tuple[str, dict[str, Any]]] = []
        self.refused: httpx.Response | Exception | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            number = request.url.path.split("/")[3]
            self.updates.append((number, json.loads(request.content)))
            if isinstance(self.refused, Exception):
                raise self.refused
            if self.refused is not None:
                return self.refused
            self.marks[number] = self.updates[-1][1]["transferredToAccounting"]
            self.listings = 0
            return answer()
        if "journal-entries" in request.url.path:
            self.listings += 1
            if self.listings > self.lag and not self.forgets:
                self.shown = dict(self.marks)
            entries = [
                {"number": number, "status": self.statuses[number], "transferredToAccounting": mark}
                for number, mark in self.shown.items()
            ]
            return answer(body={"success": True, "journalEntries": entries})
        return run(totalJournalEntryCount=self.total)


def test_marks_that_show_late(kind: Kind, file: Path) -> None:
    ledger = Ledger()
    service = Service(lag=4)
    outcome = kind.use(service, lambda client: client.post_entries(RUN, ledger.post, evidence=file))
    assert outcome.complete
    assert len(ledger.posted) == 2


def test_marks_that_do_not_show_are_not_claimed(kind: Kind, file: Path) -> None:
    """Nothing is called transferred that is not, and nothing is posted again for it."""
    ledger = Ledger()
    service = Service(forgets=True)
    clock = FakeClock()
    for _ in range(2):
        outcome = kind.use(
            service, lambda client: client.post_entries(RUN, ledger.post, evidence=file, timeout=60), clock=clock
        )
        assert not outcome.complete
        assert numbers(outcome.in_doubt) == ["JE-00000001", "JE-00000002"]
    assert len(ledger.posted) == 2
    # The second call knew from its file that they are posted, and marked them once more.
    assert [body["transferredToAccounting"] for _, body in service.updates[4:]] == ["Yes", "Yes"]
    found = read_evidence(file).conclusion
    assert found is not None
    assert found.facts["inDoubt"] == ["JE-00000001", "JE-00000002"]


def test_a_replica_that_shows_what_was_before_posts_nothing_again(kind: Kind, file: Path) -> None:
    ledger = Ledger()
    service = Service()
    kind.use(service, lambda client: client.post_entries(RUN, ledger.post, evidence=file))
    # Everything was confirmed, and then an entry is not transferred any more: reversed by somebody, or lag.
    service.marks["JE-00000001"] = "No"
    outcome = kind.use(service, lambda client: client.post_entries(RUN, ledger.post, evidence=file))
    assert numbers(outcome.in_doubt) == ["JE-00000001"]
    assert ledger.posted == ["JE-00000001", "JE-00000002"]


def test_an_entry_that_is_missing_from_the_listing_is_not_forgotten(kind: Kind) -> None:
    service = Service(total=3)
    outcome = kind.use(service, lambda client: client.post_entries(RUN, lambda _: None, timeout=30))
    assert not outcome.complete
    assert len(outcome.posted) == 2


def test_an_entry_that_is_cancelled_after_it_was_posted_is_in_doubt(kind: Kind, file: Path) -> None:
    service = Service()

    def post(entry: Any) -> None:
        service.refused = refusal(
            "50000030", "Transferred to Accounting can no longer be changed after a Journal Entry has been cancelled."
        )
        service.statuses[entry.number] = "Cancelled"

    outcome = kind.use(service, lambda client: client.post_entries(RUN, post, evidence=file, timeout=30))
    assert numbers(outcome.in_doubt) == ["JE-00000001"]
    assert numbers(outcome.open) == ["JE-00000002"]
    assert {*outcome.errors} == {"JE-00000001", "JE-00000002"}


def test_a_mark_that_is_lost_ends_the_call_and_the_next_one_goes_on(kind: Kind, file: Path) -> None:
    service = Service()
    ledger = Ledger()
    service.refused = httpx.ReadTimeout("lost")
    with pytest.raises(errors.ResponseLostError):
        kind.use(
            service, lambda client: client.post_entries(RUN, ledger.post, evidence=file), retry=Backoff(attempts=2)
        )
    assert len(service.updates) == 2
    assert ledger.posted == []
    service.refused = None
    assert kind.use(service, lambda client: client.post_entries(RUN, ledger.post, evidence=file)).complete


def test_a_missing_permission_is_raised_before_anything_is_posted(kind: Kind) -> None:
    """It would be missing for every entry."""
    service = Service()
    service.refused = refusal("50000010")
    ledger = Ledger()
    for work in (lambda client: client.post_entries(RUN, ledger.post), lambda client: client.transfer(RUN)):
        with pytest.raises(errors.PermissionDeniedError):
            kind.use(service, work)
    assert ledger.posted == []
    assert len(service.updates) == 2


# Marking


def test_entries_are_marked(use: Callable[..., Any], file: Path) -> None:
    emulator = emulating(entries=5, transfers={2: Transfer.YES, 4: Transfer.IGNORE, 5: Transfer.PROCESSING})
    listed = emulator.entry_numbers(RUN)
    outcome = use(emulator, lambda client: client.transfer(RUN, notes="Batch 17", evidence=file))
    assert isinstance(outcome, TransferOutcome)
    # What is Processing somebody may be posting right now.
    assert not outcome.complete
    assert list(outcome.changed) == [listed[0], listed[2]]
    assert list(outcome.already) == [listed[1]]
    assert list(outcome.in_doubt) == [listed[4]]
    assert marks(emulator) == ["Yes", "Yes", "Yes", "Ignore", "Processing"]
    # What has the value already is left alone.
    assert len(requests(emulator)) == 2
    assert outcome.summary() == (
        f"{RUN}: entries marked as Yes: 2; 1 had it already. "
        f"Left alone since in doubt, look for them in the ledger: {listed[4]}."
    )
    entries = use(emulator, lambda client: client.entries(RUN))
    assert [entry.notes == "Batch 17" for entry in entries] == [True, False, True, False, False]
    for line in file.read_text(encoding="utf-8").splitlines():
        SCHEMA.validate(json.loads(line))
    found = read_evidence(file)
    assert found.conclusion is not None
    assert (found.conclusion.about, found.conclusion.facts) == (
        "transfer",
        {"verdict": "incomplete", "remaining": [], "inDoubt": [listed[4]]},
    )
    assert found.history.plan == outcome.plan.to_dict()
    # It goes on with the same file, and finds nothing left to do, once it is known what became of the last one.
    assert not use(emulator, lambda client: client.transfer(RUN, notes="Batch 17", evidence=file)).complete
    assert use(emulator, lambda client: client.transfer(RUN, entries=listed[4])).complete
    again = use(emulator, lambda client: client.transfer(RUN, notes="Batch 17", evidence=file))
    assert (again.complete, list(again.changed), len(requests(emulator))) == (True, [listed[0], listed[2]], 3)


def test_an_entry_that_is_claimed_after_an_interruption_is_in_doubt(kind: Kind, file: Path) -> None:
    service = Service()
    service.refused = httpx.ReadTimeout("lost")
    with pytest.raises(errors.ResponseLostError):
        kind.use(service, lambda client: client.transfer(RUN, evidence=file), retry=Backoff(attempts=1))
    service.refused = None
    service.marks["JE-00000002"] = "Processing"
    outcome = kind.use(service, lambda client: client.transfer(RUN, evidence=file, timeout=30))
    assert (list(outcome.changed), list(outcome.in_doubt)) == (["JE-00000001"], ["JE-00000002"])
    assert not outcome.missing
    assert service.marks["JE-00000002"] == "Processing"


def test_named_entries_are_marked_with_any_value(use: Callable[..., Any]) -> None:
    emulator = emulating()
    listed = emulator.entry_numbers(RUN)
    for number, value in zip(listed, ("Ignore", "Processing", "Error", "No"), strict=True):
        entries = number if value == "Ignore" else [number, number]
        assert use(
            emulator,
            lambda client, entries=entries, value=value: client.transfer(RUN, value=value, entries=entries),
        ).complete
    assert marks(emulator) == ["Ignore", "Processing", "Error", "No"]


def test_what_does_not_take_it_is_named(use: Callable[..., Any]) -> None:
    """To leave Yes needs a permission that a standard user does not have."""
    emulator = emulating(transfers={1: Transfer.YES})
    listed = emulator.entry_numbers(RUN)
    outcome = use(emulator, lambda client: client.transfer(RUN, value="Error"))
    assert not outcome.complete
    assert (list(outcome.missing), list(outcome.changed)) == ([listed[0]], listed[1:])
    assert isinstance(outcome.errors[listed[0]], errors.PermissionDeniedError)
    assert "1 did not take it." in repr(outcome)


BAD_TRANSFERS: dict[str, tuple[dict[str, Any], str]] = {
    "a value": ({"value": "Maybe"}, "value is 'Maybe': use one of No, Processing, Yes, Error, Ignore"),
    "notes": ({"notes": "x" * 2001}, "2,001 characters"),
    "an entry of another run": ({"entries": ["JE-99999999"]}, r"JE-99999999 \(not of this run\)"),
    "a cancelled entry": ({"entries": ["JE-00000001"]}, r"JE-00000001 \(cancelled\)"),
    "time": ({"timeout": -1}, "timeout"),
}


@pytest.mark.parametrize(("arguments", "said"), BAD_TRANSFERS.values(), ids=BAD_TRANSFERS)
def test_what_cannot_be_marked(use: Callable[..., Any], arguments: dict[str, Any], said: str) -> None:
    emulator = emulating(status=RunStatus.CANCELLED)
    with pytest.raises(errors.InvalidArgumentError, match=said):
        use(emulator, lambda client: client.transfer(RUN, **arguments))
    assert requests(emulator) == []


def test_a_plan_of_marks(use: Callable[..., Any], tmp_path: Path) -> None:
    emulator = emulating(transfers={1: Transfer.YES})
    listed = emulator.entry_numbers(RUN)
    use(emulator, lambda client: client.plan_transfer(RUN, notes="x")).write(tmp_path / "plan.json")
    plan = Plan.read(tmp_path / "plan.json")
    assert plan.acted_on(plan.runs[0]) == tuple(listed[1:])
    emulator.mark_transferred(listed[2], Transfer.ERROR)
    with pytest.raises(errors.PlanError, match=f"{listed[2]} of {RUN} is Created and transferred Error"):
        use(emulator, lambda client: client.apply(plan))
    assert requests(emulator) == []
    emulator.mark_transferred(listed[2], Transfer.NO)
    outcome = use(emulator, lambda client: client.apply(plan, evidence=tmp_path / "file"))
    assert outcome.complete
    # The same plan goes on with its file; another one does not.
    assert use(emulator, lambda client: client.apply(plan, evidence=tmp_path / "file")).complete
    for arguments in ({"value": "No"}, {"notes": "y"}, {"notes": "x", "entries": listed[:1]}):
        with pytest.raises(errors.InvalidArgumentError, match="of another transfer"):
            use(
                emulator,
                lambda client, arguments=arguments: client.transfer(RUN, evidence=tmp_path / "file", **arguments),
            )


def test_an_entry_that_was_cancelled_since_the_interruption(kind: Kind, file: Path) -> None:
    service = Service()
    service.refused = httpx.ReadTimeout("lost")
    with pytest.raises(errors.ResponseLostError):
        kind.use(service, lambda client: client.transfer(RUN, evidence=file), retry=Backoff(attempts=1))
    service.refused = None
    service.statuses["JE-00000001"] = "Cancelled"
    outcome = kind.use(service, lambda client: client.transfer(RUN, evidence=file, timeout=30))
    assert (list(outcome.changed), list(outcome.missing)) == (["JE-00000002"], ["JE-00000001"])


def test_an_entry_whose_number_has_another_form_is_not_sent(kind: Kind) -> None:
    service = Service()
    service.marks = service.shown = {"JE-1": "No"}
    service.statuses = {"JE-1": "Created"}
    with pytest.raises(errors.InvalidArgumentError, match="JE-00000038"):
        kind.use(service, lambda client: client.transfer(RUN))
    assert service.updates == []
