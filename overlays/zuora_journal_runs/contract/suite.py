"""The suite: what it consists of, what it will do, and its run."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .bench import Bench, NotTried, TimeIsUp
from .checks import Violation
from .deviations import read
from .fragment import load
from .phases import phases
from .report import Outcome, Report, Result
from .rules import RULES
from .target import Kind, WrongUse
from .wire import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests.adapters import BaseAdapter

    from .deviations import Deviations
    from .item import Item
    from .options import Options
    from .target import Target

ITEMS: tuple[Item, ...] = (*RULES, *phases())
"""All rules and phases, in the order in which they are tried."""

AT_RANDOM = ("coverage/", "fuzzing/", "walks/links")
"""How the ids begin of those that would create what nobody has thought of."""


def plan(target: Target, options: Options) -> list[str]:
    """What a run of the suite will do, in sentences.

    Raises:
        WrongUse: it may not be done there.
    """
    may_write = options.may_write(target)
    items = list(chosen(target, options))
    said = [f"{target.url} is {target.kind.value}.", f"{len(items)} rules and phases are tried, one request at a time."]
    if may_write:
        dates = "/".join(options.dates or ("the dates of last month",))
        said += [
            f"Dozens of journal runs are created, one by one, over {dates}.",
            "The suite cancels and deletes its own runs, and changes no other.",
        ]
    else:
        said.append("Nothing is created, cancelled or deleted: only runs and entries are read, and tokens requested.")
    return said


def chosen(target: Target, options: Options) -> Iterator[Item]:
    """The rules and phases to try.

    Away from this machine nothing is created at random: every creation there is one that the documents allow, or one
    that each of them forbids.
    """
    for item in ITEMS:
        wanted = not options.only or any(each in item.id for each in options.only)
        at_random = item.writes and item.id.startswith(AT_RANDOM)
        if wanted and not (at_random and target.kind is not Kind.LOOPBACK):
            yield item


class Run:
    """One run of the suite against a provider.

    Args:
        target: The provider.
        options: How it is tried.
        transfer: Has accounting take over the entry with this number, for the rules that need it.
        adapter: Another way to reach the provider than over the network.
        now: Seconds, from any beginning.
        sleep: Waits for so many seconds.
        today: The date and time.

    Raises:
        WrongUse: what is asked for may not be done there.
    """

    def __init__(
        self,
        target: Target,
        options: Options,
        *,
        transfer: Callable[[str], object] | None = None,
        adapter: BaseAdapter | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        today: datetime | None = None,
    ) -> None:
        self._now = now
        self._began = now()
        self.may_write: bool = options.may_write(target)
        self.deviations: Deviations = read(options.deviations)
        self.options = options
        self.today: datetime = today or datetime.now(UTC)
        self.bench: Bench = Bench(
            load(),
            target,
            may_write=self.may_write,
            run=options.run,
            dates=options.dates,
            seed=options.seed,
            examples=options.examples_at(target),
            timeout=options.timeout,
            patience=options.patience,
            deadline=None if options.max_time is None else self._began + options.max_time,
            transfer=transfer,
            adapter=adapter,
            now=now,
            sleep=sleep,
            today=self.today,
        )
        self.results: list[Result] = []

    def connect(self) -> None:
        """Get a token, without which nothing can be tried.

        Raises:
            WrongUse: there is none.
        """
        url = self.bench.target.url
        try:
            _ = self.bench.token
        except NoAnswer as error:
            raise WrongUse(f"{url} cannot be tested: {error}") from None
        except Violation as error:
            raise WrongUse(f"{url} cannot be tested with these credentials: {error}") from None
        # What was found on the way will be found again, by the rules.
        self.bench.record.findings.clear()

    def items(self) -> list[Item]:
        """The rules and phases to try."""
        return list(chosen(self.bench.target, self.options))

    def tried(self, item: Item) -> Result:
        """Try one of them."""
        bench, began = self.bench, self._now()
        calls = bench.session.calls
        bench.record.begin(item.id)
        outcome, reason = Outcome.HELD, ""
        random.seed(bench.seed)
        try:
            with bench.recording(item.id):
                self._run(item)
        except NotTried as missing:
            outcome, reason = Outcome.NOT_TRIED, str(missing)
        except TimeIsUp:
            outcome, reason = Outcome.NOT_TRIED, "the time was up"
        findings = list(bench.record.of(item.id))
        for finding in findings:
            finding.deviation = self.deviations.reason_for(finding)
        if findings:
            outcome = Outcome.FAILED if any(each.deviation is None for each in findings) else Outcome.DEVIATES
        seconds = self._now() - began
        result = Result(
            item.id, item.title, item.source, outcome, reason, findings, seconds, bench.session.calls - calls
        )
        self.results.append(result)
        return result

    def _run(self, item: Item) -> None:
        if item.writes and not self.may_write:
            raise NotTried("it would change something, and writes are not allowed")
        item.run(self.bench)

    def finished(self) -> Report:
        """Clean up, and report."""
        left = self.clean_up()
        return Report.of(self, left, self._now() - self._began)

    def clean_up(self) -> list[str]:
        """Cancel and delete the runs that the suite made; what is left, said."""
        return self.bench.clean_up() if self.may_write else []


def run(
    target: Target, options: Options, *, tell: Callable[[Result], object] = lambda _: None, **means: object
) -> Report:
    """Run the whole suite. If it is stopped, it still cleans up.

    Args:
        target: The provider.
        options: How it is tried.
        tell: Is told each result as it comes.
        means: As for `Run`.

    Raises:
        WrongUse: what is asked for may not be done there, or the provider gives no token.
    """
    suite = Run(target, options, **means)  # type: ignore[arg-type]
    suite.connect()
    try:
        for item in suite.items():
            tell(suite.tried(item))
    except BaseException:
        suite.clean_up()
        raise
    return suite.finished()
