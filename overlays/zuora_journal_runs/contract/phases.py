"""Requests that are made of the fragment: its examples, the bounds of every schema, chance, and walks."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, multiple, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from .checks import Violation, expect
from .fragment import load, operations
from .item import Item
from .lifecycle import GONE
from .wire import NoAnswer, NotSent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case
    from schemathesis.core.transport import Response

    from .bench import Bench
    from .lifecycle import Life

FRAGMENT = "the fragment"
READS = frozenset({"getJournalRun", "listJournalEntriesOfJournalRun", "createToken"})
MOST_SILENCES = 3
"""Requests without an answer after which a phase ends: each of them may take long."""

MOST_RUNS = 2
"""Runs that a walk makes: more of them would only leave less to happen to each."""

_TYPES = st.lists(st.sampled_from(["Invoice Item", "Taxation Item", "Electronic Payment"]), min_size=1, unique=True)


def phases() -> Iterator[Item]:
    """The phases of every operation, and the walks."""
    for mode in HypothesisTestMode:
        for operation in operations(load()):
            title = f"Answers to {_MADE_OF[mode]} are as the fragment says: {operation.label}"
            run = partial(answers_as_documented, operation_id=operation.id, mode=mode)
            yield Item(f"{mode.value}/{operation.id}", title, FRAGMENT, operation.id not in READS, run)
    yield Item(
        "walks/links", "Runs are as the fragment's links say, along every link", FRAGMENT, True, walk_along_links
    )
    yield Item(
        "walks/people", "Runs live as documented while several people work on them", FRAGMENT, True, walk_as_people
    )


_MADE_OF = {
    HypothesisTestMode.EXAMPLES: "the documented examples",
    HypothesisTestMode.COVERAGE: "the bounds of every schema",
    HypothesisTestMode.FUZZING: "requests made by chance",
}


def chance(bench: Bench, **more: Any) -> settings:
    """Settings without a database, time limits, or shrinking: a failure is recorded, and does not end a test."""
    return settings(
        database=None,
        verbosity=Verbosity.quiet,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **{"phases": [Phase.explicit, Phase.generate], "max_examples": bench.examples, **more},
    )


def answers_as_documented(bench: Bench, *, operation_id: str, mode: HypothesisTestMode) -> None:
    """Send an operation the requests of a mode, and hold the answers against the fragment."""
    operation = bench.operation(operation_id)
    if "{" in operation.path:
        bench.run_for(operation_id)  # NotTried, before hypothesis begins
    silences = 0

    def ask(case: Case[Any]) -> None:
        nonlocal silences
        if silences == MOST_SILENCES:
            return
        try:
            if operation_id == "createJournalRun":
                bench.quiet()
            bench.fit(case)
            with suppress(NotSent):
                bench.follow(case, bench.send(case))
        except NoAnswer:
            silences += 1
        except Violation as violation:
            bench.note(operation_id, str(violation))
            silences = MOST_SILENCES

    config = HypothesisTestConfig(project=bench.schema.config, modes=[mode], settings=chance(bench), seed=bench.seed)
    create_test(operation=operation, test_func=ask, config=config)()


def walk(machine: type[RuleBasedStateMachine], bench: Bench, *, steps: int) -> None:
    """Let a machine walk so often as there are examples, with at most so many steps."""
    walks = 0

    class Counted(machine):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            nonlocal walks
            walks += 1
            super().__init__()

    while walks < bench.examples:
        wanted = chance(bench, max_examples=bench.examples - walks, stateful_step_count=steps)
        # A provider remembers the walks before, and hypothesis gives up when the same step has another outcome.
        with suppress(FlakyStrategyDefinition):
            run_machine(seed(bench.seed + walks)(Counted), settings=wanted)
            return


def walk_along_links(bench: Bench) -> None:
    """Go from answer to answer along the links, and let each run come to rest before it goes on."""

    class Walk(bench.schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            bench.quiet()

        def step(self, step: Any) -> Any:
            try:
                return super().step(step)
            except (NotSent, NoAnswer):
                return None

        def before_call(self, case: Case[Any]) -> None:
            bench.fit(case)

        def call(self, case: Case[Any], **_: Any) -> Response:
            return bench.respond(case)

        def validate_response(self, response: Response, case: Case[Any], **_: Any) -> None:
            validate = partial(super().validate_response, response, case)
            answer = bench.hold(case, response, validate)
            life = bench.follow(case, answer)
            if life is not None:
                bench.settle(life)

    with bench.recording("links"):
        walk(Walk, bench, steps=10)


def walk_as_people(bench: Bench) -> None:
    """Make runs, and do with them what people do, in any order; in the end cancel and delete each."""
    with bench.recording("people"):
        walk(machine(bench), bench, steps=25)


def machine(bench: Bench) -> type[RuleBasedStateMachine]:
    """A machine that walks as people do, and raises what it finds.

    Deletion is left to no chance: each walk ends with it.
    """

    class Walk(RuleBasedStateMachine):
        runs: Bundle[Life] = Bundle("runs")

        def __init__(self) -> None:
            super().__init__()
            bench.quiet()
            self.lives: list[Life] = []

        def teardown(self) -> None:
            for life in self.lives:
                if bench.settle(life) in ("Completed", "Error") and not life.blocked:
                    bench.cancel(life)
                if bench.settle(life) == "Cancelled":
                    bench.delete(life)
                    rest = bench.settle(life)
                    expect(rest == GONE, f"{life.number} was deleted, and is {rest}")

        @precondition(lambda self: len(self.lives) < MOST_RUNS)
        @rule(target=runs, types=_TYPES)
        def create(self, types: list[str]) -> Life | MultipleResults[Life]:
            body = bench.creation(transactionTypes=[{"type": each} for each in types])
            answer = bench.call("createJournalRun", body=body)
            if answer.status == 200:
                life = bench.own[answer.data["journalRunNumber"]]
                expect(life not in self.lives, f"{life.number} was created twice")
                self.lives.append(life)
                return life
            expect(answer.status == 409, f"a creation was answered with {answer.status}")
            expect(
                any(life.may_be("Pending", "Processing") for life in self.lives), "nothing keeps a run from starting"
            )
            return multiple()

        @rule(life=runs)
        def look(self, life: Life) -> None:
            bench.look(life)

        @rule(life=runs)
        def settle(self, life: Life) -> None:
            bench.settle(life)

        @rule(life=runs)
        def cancel(self, life: Life) -> None:
            bench.cancel(life)

        @rule(life=runs)
        def cancel_twice(self, life: Life) -> None:
            bench.cancel(life)
            bench.cancel(life)

        @rule(life=runs)
        def delete(self, life: Life) -> None:
            bench.delete(life)

        @precondition(lambda _: bench.transfer is not None)
        @rule(life=runs)
        def transfer(self, life: Life) -> None:
            assert bench.transfer is not None
            waiting = [number for number, entry in (life.entries or {}).items() if entry["status"] != "Cancelled"]
            for number in waiting[:1]:
                bench.transfer(number)

    return Walk
