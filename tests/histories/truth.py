"""Judges stories by what the server knows to be true, and by what its script has in store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import odd
from .client import CANCELLATIONS, CallFailedError, CredentialsError, DeadlineError, PermissionError_, Story
from .script import NEVER, Truth

if TYPE_CHECKING:
    from .server import Server

LONG = 450.0
"""Seconds, in which a run settles if it ever does."""
FAR = 1e9
"""Seconds, after which everything that a script has in store has happened."""


def falsehood(server: Server, story: Story) -> str | None:
    """Return what is false about a story, or None if nothing is.

    Nothing can be known of a run later than when it was last asked about, so that is the time that counts.
    """
    run = server.runs[story.number]
    now = server.last.get(story.number, server.clock.now)
    if story.error is not None:
        return _false_error(run, story)
    if story.verb == "delete":
        if story.gone and run.status(now) is not None:
            return f"gone, and it is {run.status(now)}"
        return None
    if story.verb == "wait_for_completion":
        return _false_ending(run, story, now)
    return _false_outcome(server, run, story, now)


def _false_error(run: Truth, story: Story) -> str | None:
    acted = {"cancel_and_wait": run.cancel_accepted, "delete": run.delete_accepted}.get(story.verb)
    if acted is not None and not story.may_have_acted:
        return f"{story.error!r} says that nothing was done, and it was"
    return None


def _false_ending(run: Truth, story: Story, now: float) -> str | None:
    status = run.status(now)
    had = {run.status(now - back / 4) for back in range(int((now - run.start) * 4) + 1)}
    if story.ending == "Deleted":
        return None if status in (None, "DeleteInprogress") else f"deleted, and it is {status}"
    if story.ending not in ("Completed", "Error", "Cancelled"):
        return f"ended as {story.ending}, which is no end"
    return None if story.ending in had else f"ended as {story.ending}, and it is {status}, and never was that"


def _false_outcome(server: Server, run: Truth, story: Story, now: float) -> str | None:
    status, remaining, cancelled = run.status(now), run.remaining(now), run.cancelled(now)
    if story.complete:
        if remaining or status not in ("Cancelled", "DeleteInprogress", None):
            return f"complete, and it is {status}, and {sorted(remaining)} remain"
        return None
    if not story.cancelled <= cancelled:
        return f"{sorted(story.cancelled - cancelled)} are said to be cancelled, and are not"
    if story.discrepancies and _may_settle_weakly(server, run, now):
        return None
    return _false_remainder(run, story, now)


def _may_settle_weakly(server: Server, run: Truth, now: float) -> bool:
    """Whether the specification lets a wait end with no more than a discrepancy.

    That is: the run is cancelled and its entries do not show it, or it is gone, or is said to be in Zuora's own words, or
    the list of its entries stays short.
    """
    kinds = {kind for _, _, number, kind in server.log if number == run.number}
    return (
        run.status(now) in ("Cancelled", "DeleteInprogress", None)
        or run.script.listed == "uncancelled"
        or not kinds.isdisjoint(
            {"404 in another entity", "200 in another entity", "empty list", "short list"}
            | {kind for kind in kinds if kind.endswith("category 40")}
        )
    )


def _false_remainder(run: Truth, story: Story, now: float) -> str | None:
    remaining = run.remaining(now)
    if story.remaining != remaining:
        return f"{sorted(story.remaining)} are said to remain, and {sorted(remaining)} do"
    if not story.blocked <= story.remaining:
        return "some are blocked that do not remain"
    if run.cancel_accepted is not None:
        if run.remaining(FAR) != remaining:
            return f"settled, and {sorted(remaining - run.remaining(FAR))} will be cancelled"
        if run.plan.status == "Cancelled":
            return "settled, and the run will be Cancelled"
    return None


def shortfall(server: Server, story: Story) -> str | None:
    """Return why a story is less than the truth that could be known, or None if it is all of it.

    For histories that end, and whose odd responses end long before the deadline.
    """
    run = server.runs[story.number]
    if story.error is not None:
        return None if _may_fail(server, run, story) else f"it fails: {story.error!r}"
    if story.discrepancies and not may_disagree(server, run):
        return f"all fits, and yet there are discrepancies: {story.discrepancies}"
    if story.verb == "delete" and not story.gone:
        return "it is not said to be gone"
    if story.verb in CANCELLATIONS and not story.discrepancies and not story.complete and not run.remaining(FAR):
        return "it is complete, and said to be settled"
    return None


def _may_fail(server: Server, run: Truth, story: Story) -> bool:
    """Whether the specification lets a wait for this run end in this error."""
    kinds = {kind for _, _, _, kind in server.log if kind}
    if run.number not in server.last and isinstance(story.error, CallFailedError):
        # Of many, one at a time: it was not its turn before the time was up.
        return len(server.runs) > 1 and server.clock.now - run.start > LONG
    if not _was_known(server, run, story.verb):
        return _call_may_fail(server, run)
    if isinstance(story.error, PermissionError_):
        return any(kind in odd.KINDS and odd.KINDS[kind].may_end for kind in kinds)
    if isinstance(story.error, CredentialsError):
        return streak(server, run, "401 ") >= 2
    return isinstance(story.error, DeadlineError) and not _can_be_known(server, run, story)


def _call_may_fail(server: Server, run: Truth) -> bool:
    """Whether a single call may: the response that came last is odd, or a change's was, or there is no such run."""
    kinds = [(operation, kind) for _, operation, number, kind in server.log if number in (run.number, "")]
    return (
        bool(kinds[-1][1])
        or any(kind and operation in ("cancel", "delete") for operation, kind in kinds)
        or run.status(server.clock.now) is None
    )


def _was_known(server: Server, run: Truth, verb: str) -> bool:
    accepted = {"delete": "delete", "wait_for_completion": "create"}.get(verb, "cancel")
    if (accepted, run.number) in server.accepted:
        return True
    return verb in ("wait_for_cancellation", "wait_for_completion") and bool(server.shown[run.number])


def _can_be_known(server: Server, run: Truth, story: Story) -> bool:
    """Whether it can be told from outside, sooner or later, what became of a run."""
    if not server.shown[run.number]:
        # It went before anybody saw it, and then another entity's sign-in looks the same.
        return False
    if story.verb not in CANCELLATIONS or run.cancel_accepted is None or run.plan.status == "Cancelled":
        return True
    left = [index for index, reached in enumerate(run.plan.reached) if reached == NEVER]
    return "CancelInprogress" in server.shown[run.number] or all(
        run.transferred(index, server.clock.now) == "Yes" for index in left
    )


def may_disagree(server: Server, run: Truth) -> bool:
    """Whether what the server showed of a run did not fit together, so that discrepancies are right."""
    script = run.script
    if script.listed == "uncancelled":
        return True
    if run.status(server.clock.now) is None and not {"Cancelled", "DeleteInprogress"} & server.shown[run.number]:
        return True  # it was deleted, and its cancellation was not shown
    return streak(server, run, "") >= 2


def streak(server: Server, run: Truth, prefix: str) -> int:
    """Return how many odd responses of kinds that begin so came in a row to requests of an operation, at most."""
    longest = 0
    for operation in ("run", "entries"):
        kinds = [kind for _, one, number, kind in server.log if one == operation and number == run.number]
        now = 0
        for kind in kinds:
            now = now + 1 if kind and kind.startswith(prefix) else 0
            longest = max(longest, now)
    return longest
