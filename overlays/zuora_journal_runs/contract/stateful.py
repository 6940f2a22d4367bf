"""Stateful tests: sequences of requests along the contract's links, and as several people make them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, multiple, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from .checks import expect
from .generated import CONTRACT, ENDING, Ended, without_shrinking
from .rule import Rule
from .run_model import GONE
from .session import NoResponseError, RequestNotSentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemathesis import Case
    from schemathesis.core.transport import Response

    from .harness import Harness
    from .run_model import RunModel

MOST_RUNS = 2
"""Runs that a test creates: more of them would only leave less to happen to each."""

_TYPES = st.lists(st.sampled_from(["Invoice Item", "Taxation Item", "Electronic Payment"]), min_size=1, unique=True)


def stateful() -> Iterator[Rule]:
    """Yield the rules that are checked by stateful tests."""
    yield Rule("stateful/links", "Runs are as the contract's links say, along every link", CONTRACT, True, along_links)
    yield Rule("stateful/people", "Runs behave as documented while several people use them", CONTRACT, True, as_people)


def step(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have what ends a step of a stateful test pass through hypothesis."""

    @wraps(function)
    def stepping(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (*ENDING, NoResponseError) as error:
            raise Ended(error) from None

    return stepping


def repeat(machine: type[RuleBasedStateMachine], harness: Harness, *, steps: int) -> None:
    """Run a stateful test as often as there are examples, each with at most so many steps.

    Raises what ended it.
    """
    tests = 0

    class Counted(machine):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            nonlocal tests
            tests += 1
            super().__init__()

    while tests < harness.examples:
        wanted = without_shrinking(harness, max_examples=harness.examples - tests, stateful_step_count=steps)
        # A provider remembers earlier tests, and hypothesis gives up when the same step has another outcome.
        with suppress(FlakyStrategyDefinition):
            try:
                run_machine(seed(harness.seed + tests)(Counted), settings=wanted)
            except Ended as ended:
                raise ended.by from None
            break


def along_links(harness: Harness) -> None:
    """Go from response to response along the links, and let each run settle before going on."""

    class Links(harness.schema.as_state_machine()):  # type: ignore[misc]
        @step
        def setup(self) -> None:
            harness.quiet()

        @step
        def step(self, step: Any) -> Any:
            try:
                return super().step(step)
            except (RequestNotSentError, NoResponseError):
                return None

        def before_call(self, case: Case[Any]) -> None:
            harness.adapt(case)

        def call(self, case: Case[Any], **_: Any) -> Response:
            return harness.respond(case)

        def validate_response(self, response: Response, case: Case[Any], **_: Any) -> None:
            model = harness.learn(
                case, harness.hold(case, response, partial(super().validate_response, response, case))
            )
            if model is not None:
                harness.settle(model)

    repeat(Links, harness, steps=10)


def as_people(harness: Harness) -> None:
    """Create runs, and do with them what people do, in any order; in the end cancel and delete each."""
    repeat(people(harness), harness, steps=25)


def people(harness: Harness) -> type[RuleBasedStateMachine]:
    """Return a stateful test of what people do.

    Deletion is not left to chance: each test ends with it.
    """

    class People(RuleBasedStateMachine):
        runs: Bundle[RunModel] = Bundle("runs")

        def __init__(self) -> None:
            super().__init__()
            self.models: list[RunModel] = []
            step(harness.quiet)()
            step(harness.free)(harness.existing)

        @step
        def teardown(self) -> None:
            for model in self.models:
                if harness.settle(model) in ("Completed", "Error") and not model.blocked:
                    harness.cancel(model)
                if harness.settle(model) == "Cancelled":
                    harness.delete(model)
                    status = harness.settle(model)
                    expect(status == GONE, f"{model.number} was deleted, and is {status}")

        @precondition(lambda self: len(self.models) < MOST_RUNS)
        @rule(target=runs, types=_TYPES)
        @step
        def create(self, types: list[str]) -> RunModel | MultipleResults[RunModel]:
            body = harness.creation(**harness.own_day(), transactionTypes=[{"type": each} for each in types])
            response = harness.call("createJournalRun", body=body)
            if response.status == 200:
                model = harness.own[response.data["journalRunNumber"]]
                expect(model not in self.models, f"{model.number} was created twice")
                self.models.append(model)
                return model
            expect(response.status == 409, f"a creation got the status {response.status}")
            pending = any(model.may_be("Pending", "Processing") for model in self.models)
            expect(pending, "a creation was refused, and no other run is in progress")
            return multiple()

        @rule(model=runs)
        @step
        def read(self, model: RunModel) -> None:
            harness.read(model)

        @rule(model=runs)
        @step
        def settle(self, model: RunModel) -> None:
            harness.settle(model)

        @rule(model=runs)
        @step
        def cancel(self, model: RunModel) -> None:
            harness.cancel(model)

        @rule(model=runs)
        @step
        def cancel_twice(self, model: RunModel) -> None:
            harness.cancel(model)
            harness.cancel(model)

        @rule(model=runs)
        @step
        def delete(self, model: RunModel) -> None:
            harness.delete(model)

        @precondition(lambda _: harness.transfer is not None)
        @rule(model=runs)
        @step
        def transfer(self, model: RunModel) -> None:
            assert harness.transfer is not None
            for number in model.remaining[:1]:
                harness.transfer(number)

    return People
