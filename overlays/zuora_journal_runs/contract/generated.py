"""Requests that are generated from the contract: its examples, the bounds of every schema, and random ones."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, Verbosity, settings
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from .checks import Skipped, Violation
from .clock import OutOfTime
from .document import load, operations
from .rule import Rule
from .session import NoResponseError, RequestNotSentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

    from .harness import Harness

CONTRACT = "the contract"
READS = frozenset({"getJournalRun", "listJournalEntriesOfJournalRun", "createToken"})
MOST_SILENCES = 3
"""Requests without a response after which a rule ends: each of them may take long."""

ENDING = (Violation, Skipped, OutOfTime, LookupError, TypeError, ValueError, AttributeError)
"""What ends a rule."""


class Ended(BaseException):
    """What ended a rule, on its way through hypothesis.

    Hypothesis repeats the requests of a test that raised an exception, to see whether it raises it again. It lets one
    like this pass, as it does KeyboardInterrupt.

    Args:
        by: What ended it.
    """

    def __init__(self, by: BaseException) -> None:
        super().__init__(by)
        self.by = by


_MADE_OF = {
    HypothesisTestMode.EXAMPLES: "the documented examples",
    HypothesisTestMode.COVERAGE: "the bounds of every schema",
    HypothesisTestMode.FUZZING: "random requests",
}


def generated() -> Iterator[Rule]:
    """Yield a rule for each operation and each kind of generated requests."""
    for mode in HypothesisTestMode:
        for operation in operations(load()):
            title = f"Responses to {_MADE_OF[mode]} are as the contract says: {operation.label}"
            check = partial(responds_as_documented, operation_id=operation.id, mode=mode)
            yield Rule(f"{mode.value}/{operation.id}", title, CONTRACT, operation.id not in READS, check)


def without_shrinking(harness: Harness, **more: Any) -> settings:
    """Return settings without a database, time limits, or shrinking: a failure is recorded, and does not end a test."""
    return settings(
        database=None,
        verbosity=Verbosity.quiet,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **{"phases": [Phase.explicit, Phase.generate], "max_examples": harness.examples, **more},
    )


def responds_as_documented(harness: Harness, *, operation_id: str, mode: HypothesisTestMode) -> None:
    """Send generated requests to an operation, and check the responses against the contract."""
    operation = harness.operation(operation_id)
    if "{" in operation.path:
        harness.run_for(operation_id)  # It may raise Skipped, which nothing should wait for.
    silences = 0

    def send(case: Case[Any]) -> None:
        nonlocal silences
        try:
            if operation_id == "createJournalRun":
                harness.quiet()
            harness.adapt(case)
            with suppress(RequestNotSentError):
                harness.learn(case, harness.send(case, generated=True))
        except NoResponseError as error:
            silences += 1
            if silences == MOST_SILENCES:
                raise Ended(error) from None
        except ENDING as error:
            raise Ended(error) from None

    config = HypothesisTestConfig(
        project=harness.schema.config, modes=[mode], settings=without_shrinking(harness), seed=harness.seed
    )
    try:
        create_test(operation=operation, test_func=send, config=config)()
    except Ended as ended:
        raise ended.by from None
