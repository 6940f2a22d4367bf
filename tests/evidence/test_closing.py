"""The rules for reruns and postings, against what must never happen, whatever was observed."""

from __future__ import annotations

from itertools import chain, product
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zuora_journal_runs._observations import (
    Accepted,
    CreationNoted,
    EntriesListed,
    EntriesRefused,
    EntryUpdated,
    Planned,
    PostingNoted,
    PostingStep,
    Problem,
    ResponseReader,
    RunNotFound,
    RunSeen,
)
from zuora_journal_runs.evidence import (
    KEY_LIFETIME,
    History,
    PostingAction,
    RerunStep,
    Verdict,
    is_to_be_marked,
    judge_posting,
    judge_rerun,
    judge_transfer,
    next_posting_action,
    next_rerun_step,
)
from zuora_journal_runs.evidence._closing import conclusion_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STATES = ("Created", "Cancelled")
MARKS = ("No", "Processing", "Yes", "Error", "Ignore", "Of tomorrow", None)
NOTES = (*get_args(PostingStep), "confirmed", None)
OPEN = ("No", "Error", None)


RULES: tuple[tuple[Callable[[str, Any, Any, bool], bool], str], ...] = (
    # In the order in which a person would say them: status, mark, note, whether the note is this process's, action.
    (lambda status, mark, note, _: note == "confirmed" or status == "Cancelled" or mark == "Yes", "NONE"),
    (lambda _, __, note, ___: note == "posted", "MARK_POSTED"),  # it is in the ledger
    (lambda _, __, note, ___: note == "begun", "ASK"),  # it may be in the ledger
    (lambda _, mark, __, fresh: not fresh and mark == "Processing", "ASK"),  # others may have posted it
    (lambda _, mark, __, fresh: not fresh and mark in OPEN, "CLAIM"),
    (lambda _, __, ___, fresh: not fresh, "NONE"),
    (lambda _, mark, note, __: note == "failed" and mark != "Error", "MARK_FAILED"),
    (lambda _, mark, note, __: note in ("claimed", "not posted") and mark == "Processing", "POST"),
    (lambda _, mark, note, __: note == "not posted" and mark in OPEN, "CLAIM"),
    (lambda *_: True, "NONE"),  # the claim was refused, or the failure is marked
)


def expected(status: str, mark: str | None, note: str | None, fresh: bool) -> str:
    return next(action for applies, action in RULES if applies(status, mark, note, fresh))


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("note", NOTES)
def test_the_next_action(note: str | None, fresh: bool) -> None:
    if fresh and note is None:
        return  # what this process did it noted
    for status, mark in product(STATES, MARKS):
        action = next_posting_action((status, mark), note, fresh=fresh)
        assert action is PostingAction[expected(status, mark, note, fresh)], (status, mark)
        if action is PostingAction.POST:
            assert (fresh, note) in ((True, "claimed"), (True, "not posted"))


LISTINGS = st.dictionaries(
    st.sampled_from("ab"),
    st.tuples(st.sampled_from(["Created", "Created", "Cancelled"]), st.sampled_from(["Yes", "Yes", *MARKS])),
)
STEPS = st.builds(
    PostingNoted, st.just(0.0), st.sampled_from(["posted", *get_args(PostingStep)]), st.sampled_from("ab")
)


@given(st.lists(LISTINGS.map(lambda entries: EntriesListed(0.0, entries)) | STEPS, max_size=12), st.integers(0, 3))
def test_each_entry_is_of_one_kind(observed: list[EntriesListed | PostingNoted], total: int) -> None:
    history = History()
    history.observe(RunSeen(0.0, "Completed", total))
    notes: dict[str, str] = {}
    for each in observed:
        history.observe(each)
        if isinstance(each, PostingNoted):
            notes[each.entry] = each.step
        else:
            for number, (_, mark) in each.entries.items():
                if mark == "Yes" and notes.get(number) == "posted" and history.entries[number][1] == "Yes":
                    notes[number] = "confirmed"
    judgement = judge_posting(history)
    kinds = [judgement.posted, judgement.already, judgement.failed, judgement.in_doubt, judgement.open, judgement.left]
    told = [number for kind in kinds for number in kind]
    assert len(told) == len({*told})
    for number, (status, mark) in history.entries.items():
        booked = notes.get(number) in ("begun", "posted", "confirmed")
        if status == "Cancelled":
            assert (number in told) == booked
        else:
            assert number in told
        # Nothing is called posted that was not noted to be, and listed as transferred after that.
        assert (number in judgement.posted) == (
            status != "Cancelled" and mark == "Yes" and notes.get(number) == "confirmed"
        )
        if mark != "Yes" or status == "Cancelled":
            assert (number in judgement.in_doubt) == (booked or (mark == "Processing" and status != "Cancelled"))
    listed = [each for each in observed if isinstance(each, EntriesListed)]
    assert judgement.short == (not listed or len(listed[-1].entries) < max(total, len(history.entries)))
    unfinished = [*judgement.failed, *judgement.in_doubt, *judgement.open]
    assert judgement.complete == (not unfinished and not judgement.short)


# Reruns

REMAINS = {"a": ("Created", "Yes"), "b": ("Cancelled", "No")}
GONE = {"a": ("Cancelled", "No"), "b": ("Cancelled", "No")}
FREE = {"a": ("Created", "No"), "b": ("Created", "No")}


def polls(status: str, entries: Any, times: int) -> list[Any]:
    """Return what so many polls observe: the run, and its entries, which Zuora may refuse to list."""
    listed = EntriesRefused(0.0, "refused") if entries is None else EntriesListed(0.0, entries)
    seen = RunNotFound(0.0) if status == "gone" else RunSeen(0.0, status, 2)
    return [seen, listed] * times


OBSERVATIONS = st.just([Accepted(0.0, "cancel")]) | st.builds(
    polls,
    st.sampled_from(["Completed", "Error", "Cancelled", "CancelInprogress", "gone"]),
    st.sampled_from([REMAINS, GONE, FREE, None]),
    st.integers(1, 6),
)


def plan(*, allowed: bool, staying: str | None = "Yes") -> Planned:
    entries = [
        {"number": "a", "status": "Created", "transferredToAccounting": staying},
        {"number": "b", "status": "Created", "transferredToAccounting": "No"},
    ]
    return Planned(0.0, {"details": {"allowRemaining": allowed}, "runs": [{"entries": entries}]})


def after(observations: Iterable[Any]) -> History:
    history = History()
    for observation in observations:
        history.observe(observation)
    return history


@example([polls("Completed", REMAINS, 3)], True, "No", True)
@example([polls("CancelInprogress", FREE, 1), polls("Completed", FREE, 6)], True, "Yes", True)
@settings(max_examples=300)
@given(st.lists(OBSERVATIONS, max_size=5), st.booleans(), st.sampled_from(["Yes", "Processing", "No"]), st.booleans())
def test_a_run_is_created_only_over_what_is_free(
    observed: list[Any], allowed: bool, staying: str, requested: bool
) -> None:
    history = after([plan(allowed=allowed, staying=staying), *chain(*observed)])
    judgement = history.cancellation()
    step = next_rerun_step(history, 0.0, requested=requested)
    if step is RerunStep.CREATE:
        # Everything is cancelled; or what is left was planned to stay, and was allowed to.
        as_planned = allowed and staying != "No" and judgement.remaining == ("a",) and not judgement.gone
        assert judgement.verdict is Verdict.COMPLETE or (judgement.verdict is Verdict.INCOMPLETE and as_planned)
    else:
        assert judgement.verdict is not Verdict.COMPLETE
        stopped = judgement.verdict is Verdict.INCOMPLETE
        waiting = RerunStep.STOP_REMAINING if stopped else RerunStep.AWAIT_CANCELLATION
        assert step is (waiting if requested else RerunStep.CANCEL)
    if judgement.verdict is Verdict.INCOMPLETE and allowed and judgement.remaining == ("a",) and staying != "No":
        assert (step is RerunStep.CREATE) == (not judgement.discrepancies)
    assert not judge_rerun(history).complete


DAY = 24 * 3600.0


@given(
    st.lists(st.lists(st.floats(0, DAY), min_size=1, max_size=3), min_size=1, max_size=3),
    st.booleans(),
    st.lists(OBSERVATIONS, max_size=2),
    st.floats(0, 3 * DAY),
)
def test_what_may_have_been_created_is_not_created_under_another_key(
    uses: list[list[float]], refused: bool, observed: list[Any], now: float
) -> None:
    """Each key is used some times, until it is refused."""
    history = after(
        [plan(allowed=False), Accepted(0.0, "cancel"), RunSeen(0.0, "Cancelled", 2), EntriesListed(0.0, GONE)]
    )
    for number, times in enumerate(uses):
        key = f"key {number}"
        for at in sorted(times):
            history.observe(CreationNoted(at, "begun", key))
        if refused or number < len(uses) - 1:
            history.observe(CreationNoted(max(times), "refused", key))
    for each in chain(*observed):
        history.observe(each)
    step = next_rerun_step(history, now, requested=False)
    if refused:
        proven = history.cancellation().verdict is Verdict.COMPLETE
        assert step is (RerunStep.CREATE if proven else RerunStep.CANCEL)
    else:
        fresh = now - min(uses[-1]) < KEY_LIFETIME
        assert step is (RerunStep.REPEAT_CREATION if fresh else RerunStep.STOP_KEY_EXPIRED)


def test_a_key_is_not_used_to_the_last_minute() -> None:
    assert KEY_LIFETIME == DAY - 900
    history = after([plan(allowed=False), CreationNoted(0.0, "begun", "key")])
    assert next_rerun_step(history, KEY_LIFETIME - 1, requested=False) is RerunStep.REPEAT_CREATION
    assert next_rerun_step(history, KEY_LIFETIME, requested=False) is RerunStep.STOP_KEY_EXPIRED


ENDINGS = {
    "Completed": RerunStep.LIST_ENTRIES,
    "Error": RerunStep.DONE,
    "Cancelled": RerunStep.DONE,
    "Processing": RerunStep.AWAIT_COMPLETION,
}


@pytest.mark.parametrize(("status", "step"), ENDINGS.items())
def test_what_follows_a_creation(status: str, step: RerunStep) -> None:
    history = after(
        [plan(allowed=False), Accepted(0.0, "cancel"), RunSeen(0.0, "Cancelled", 2), EntriesListed(0.0, GONE)]
    )
    history.observe(CreationNoted(0.0, "begun", "k"))
    successor = history.succeed("JR-00000076")
    assert history.created == "JR-00000076"
    # However old the key is: the run is there.
    assert next_rerun_step(history, 2 * DAY, requested=False) is RerunStep.AWAIT_COMPLETION
    successor.observe(RunSeen(0.0, status, 1))
    assert next_rerun_step(history, 2 * DAY, requested=False) is step
    successor.observe(EntriesListed(0.0, {"x": ("Created", "No")}))
    listed = RerunStep.DONE if status == "Completed" else step
    assert next_rerun_step(history, 2 * DAY, requested=False) is listed
    judgement = judge_rerun(history)
    assert judgement.complete == (status == "Completed")
    assert (judgement.created, judgement.remaining) == ("JR-00000076", ())
    assert judgement.ending == (None if status == "Processing" else status)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.sampled_from(STATES), st.sampled_from(MARKS)), min_size=1),
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.sampled_from(STATES), st.sampled_from(MARKS))),
    st.sampled_from(["Yes", "No", "Error", "Processing"]),
    st.booleans(),
)
def test_what_became_of_a_transfer(planned: dict[str, Any], shown: dict[str, Any], value: str, by_name: bool) -> None:
    live = [number for number, (status, _) in planned.items() if status != "Cancelled"]
    in_doubt = [number for number in live if planned[number][1] == "Processing" != value and not by_name]
    details = {"value": value, "entries": [number for number in live if number not in in_doubt], "inDoubt": in_doubt}
    run = {
        "entries": [
            {"number": number, "status": status, "transferredToAccounting": mark}
            for number, (status, mark) in planned.items()
        ]
    }
    history = after([Planned(0.0, {"runs": [run], "details": details}), EntriesListed(0.0, shown)])
    judgement = judge_transfer(history)
    assert judgement.complete == (not judgement.missing and not judgement.in_doubt)
    for number, before in planned.items():
        status, mark = shown.get(number, ("", None))
        left = number in judgement.missing or number in judgement.in_doubt
        if number in live and not (number in in_doubt and status == "Cancelled"):
            assert left == (mark != value)
        else:
            assert not left
        if left and mark == "Processing" and (number in in_doubt or before[1] != "Processing"):
            assert number in judgement.in_doubt
        if number in details["entries"]:
            # What somebody may be posting is not marked, unless it was so when it was planned by name.
            claimed = mark == "Processing" and before[1] != "Processing"
            to_mark = status != "Cancelled" and mark != value and not claimed
            assert is_to_be_marked(before, (status, mark), value) == to_mark


@pytest.mark.parametrize("ending", ["Completed", "Error"])
def test_the_conclusion_on_a_rerun(ending: str) -> None:
    history = after([plan(allowed=True), Accepted(0.0, "cancel"), *polls("Completed", REMAINS, 5)])
    history.succeed("JR-00000076").observe(RunSeen(0.0, ending, 1))
    assert conclusion_of(history, "rerun") == {
        "verdict": "complete" if ending == "Completed" else "incomplete",
        "created": "JR-00000076",
        "ending": ending,
        "remaining": ["a"],
        "discrepancies": [],
    }


def test_the_conclusion_names_what_does_not_fit_together() -> None:
    history = after([plan(allowed=False), Accepted(0.0, "cancel"), *polls("Cancelled", FREE, 5)])
    conclusion = conclusion_of(history, "rerun")
    assert (conclusion["created"], conclusion["ending"], conclusion["remaining"]) == (None, None, ["a", "b"])
    assert conclusion["discrepancies"] == list(history.cancellation().discrepancies) != []


def test_the_conclusion_on_a_posting() -> None:
    marks = {"a": "Yes", "b": "Yes", "c": "Error", "d": "No", "e": "No", "f": "Ignore", "g": "Processing"}
    entries = {number: ("Created", mark) for number, mark in marks.items()}
    steps = [PostingNoted(0.0, "posted", "a"), PostingNoted(0.0, "failed", "c"), PostingNoted(0.0, "begun", "d")]
    history = after([RunSeen(0.0, "Completed", 7), *steps, EntriesListed(0.0, entries)])
    expected = {"posted": 1, "already": 1, "failed": ["c"], "inDoubt": ["d", "g"], "open": ["e"]}
    assert conclusion_of(history, "posting") == {"verdict": "incomplete", **expected}
    complete = after([RunSeen(0.0, "Completed", 1), EntriesListed(0.0, {"a": ("Created", "Yes")})])
    assert conclusion_of(complete, "posting")["verdict"] == "complete"


@pytest.mark.parametrize(
    ("mark", "verdict", "remaining", "doubt"),
    [
        ("Yes", "complete", [], []),
        ("No", "incomplete", ["a"], ["b"]),
        ("Processing", "incomplete", [], ["a", "b"]),
        ("", "incomplete", ["a"], ["b"]),
    ],
)
def test_the_conclusion_on_a_transfer(mark: str, verdict: str, remaining: list[str], doubt: list[str]) -> None:
    details = {"value": "Yes", "entries": ["a"], "inDoubt": ["b"]}
    entries = [
        {"number": "a", "status": "Created", "transferredToAccounting": "No"},
        {"number": "b", "status": "Created", "transferredToAccounting": "Processing"},
    ]
    listed = {"a": ("Created", mark), "b": ("Created", "Yes" if mark == "Yes" else "Processing")} if mark else {}
    history = after([Planned(0.0, {"details": details, "runs": [{"entries": entries}]}), EntriesListed(0.0, listed)])
    assert conclusion_of(history, "transfer") == {"verdict": verdict, "remaining": remaining, "inDoubt": doubt}


def test_nothing_was_planned_or_created_at_first() -> None:
    history = History()
    assert (history.plan, history.created, history.creation) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "body", "accepted"),
    [(200, {"success": True}, True), (201, {"success": True}, True), (500, {"success": True}, False), (200, {}, False)],
)
def test_an_update_is_accepted_by_zuora_alone(status: int, body: dict[str, Any], accepted: bool) -> None:
    reader = ResponseReader("JR-00000075")
    path = "/v1/journal-entries/JE-00000001/basic-information"
    found = reader.read_json(1.0, "PUT", path, status, body)
    assert (found == EntryUpdated(1.0, "JE-00000001")) == accepted
    if not accepted:
        assert found == Problem(1.0, f"HTTP {status} without `success: true`")
    assert reader.read_json(1.0, "GET", path, status, body) != EntryUpdated(1.0, "JE-00000001")
