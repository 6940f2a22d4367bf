"""What the suite finds: each cause once, with everything that follows from it beneath."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

# What differs from one request to the next.
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|[\d.]+|\s+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found in one response."""

    check: str
    """The name of the check."""
    message: str
    cause: str = ""
    """What stays the same from response to response; taken from the message by default."""
    value: str = ""
    """The value that is wrong, as a message shows it: messages of rules that repeat it follow from this problem."""
    fatal: bool = False
    """Whether nothing in the response can be relied on."""
    stateless: bool = True
    """Whether the response alone shows it, so that the same request can be compared."""

    @property
    def key(self) -> tuple[str, str]:
        """What distinguishes it from other problems."""
        return self.check, self.cause or cause_of(self.message)


def cause_of(message: str) -> str:
    """Return a message without the values that differ from request to request."""
    return _VALUES.sub("…", message)[:160]


@dataclass
class Effect:
    """Where a finding shows."""

    rule: str
    operation: str
    check: str
    """The name of the check; that of the rule, if the rule itself found it."""
    message: str
    follows: bool = False
    """Whether this is a consequence of the finding rather than the finding itself."""
    times: int = 1


@dataclass
class Finding:
    """A way in which the provider violates the contract."""

    check: str
    """The name of the check; that of the rule, if the rule itself found it."""
    cause: str
    operation: str
    """The id of the first operation that shows it, or method and path of a request to none."""
    message: str
    curl: str
    """A shell command that repeats the first request that shows it; where it was recorded, if it was."""
    effects: list[Effect] = field(default_factory=list)
    times: int = 0
    flaky: str = ""
    """How often the same request showed it, such as `2 of 9 responses`, if it did not always."""
    deviation: str | None = None
    """Why it is a known deviation; None if it is not."""
    id: str = ""
    """Its name in a report, such as F1."""

    @property
    def key(self) -> tuple[str, str]:
        """What distinguishes it from other findings."""
        return self.check, self.cause

    @property
    def title(self) -> str:
        """What is wrong, in one line."""
        line = " ".join(self.message.split())
        if self.flaky:
            return f"different responses to the same request: {self.flaky}: {line}"
        return line

    @property
    def rules(self) -> list[str]:
        """The ids of the rules that it breaks."""
        return list(dict.fromkeys(effect.rule for effect in self.effects))

    @property
    def operations(self) -> list[str]:
        """The operations that show it."""
        return list(dict.fromkeys(effect.operation for effect in self.effects if not effect.follows))


@dataclass(frozen=True, slots=True)
class Request:
    """A request of which a response was checked."""

    operation: str
    curl: str
    key: Hashable = None
    """The same for requests that must have the same kind of response; None if they cannot be compared."""


class Findings:
    """Collects findings while the suite runs."""

    def __init__(self) -> None:
        self.by_key: dict[tuple[str, str], Finding] = {}
        self.rule = ""
        """The id of the rule that is being checked."""
        self.met: dict[str, list[Finding]] = defaultdict(list)
        """The findings that each rule met, whether they were new or not."""
        self._fatal: Finding | None = None
        """The finding that made the last response useless."""
        self._values: list[tuple[re.Pattern[str], Finding]] = []
        self._seen: dict[Hashable, Counter[frozenset[tuple[str, str]]]] = defaultdict(Counter)
        self._requests: dict[tuple[str, str], set[Hashable]] = defaultdict(set)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.by_key.values())

    def response(self, request: Request, problems: Iterable[Problem], *, only_count: bool = False) -> list[Finding]:
        """Record what the checks found in a response.

        Args:
            request: The request.
            problems: What was found.
            only_count: Only compare it with other responses to the same request.

        Returns:
            The findings that nothing showed before.
        """
        found = list(problems)
        if request.key is not None:
            self._seen[request.key][frozenset(each.key for each in found if each.stateless)] += 1
        if only_count:
            return []
        self._fatal = None
        new = []
        for problem in found:
            finding, is_new = self._add(problem.key, request, problem.check, problem.message)
            if is_new:
                new.append(finding)
                if problem.value:
                    mentioned = re.compile(rf"(?<![\w.-]){re.escape(problem.value)}(?![\w-])")
                    self._values.append((mentioned, finding))
            if problem.stateless and request.key is not None:
                self._requests[problem.key].add(request.key)
            if problem.fatal:
                self._fatal = finding
        return new

    def violation(self, request: Request, message: str, check: str = "") -> None:
        """Record what a rule found, beneath the finding that it follows from if there is one.

        Args:
            request: The last request.
            message: What is wrong.
            check: What found it, if it was not the rule itself.
        """
        check = check or self.rule
        cause = self._fatal or next((each for mentioned, each in self._values if mentioned.search(message)), None)
        if cause is None:
            self._add((check, cause_of(message)), request, check, message)
        else:
            self._show(cause, Effect(self.rule, request.operation, check, message, follows=True))

    def _add(self, key: tuple[str, str], request: Request, check: str, message: str) -> tuple[Finding, bool]:
        known = self.by_key.get(key)
        finding = known or Finding(*key, request.operation, message, request.curl)
        self.by_key[key] = finding
        finding.times += 1
        self._show(finding, Effect(self.rule, request.operation, check, message))
        return finding, known is None

    def _show(self, finding: Finding, effect: Effect) -> None:
        if finding not in self.met[self.rule]:
            self.met[self.rule].append(finding)
        place = (effect.rule, effect.operation, effect.check)
        for known in finding.effects:
            if (known.rule, known.operation, known.check) == place:
                known.times += 1
                return
        finding.effects.append(effect)

    def compare(self) -> None:
        """Mark the findings that only some responses to the same request show."""
        for key, finding in self.by_key.items():
            repeated = [counts for each in self._requests[key] if (counts := self._seen[each]).total() > 1]
            shown = [sum(times for keys, times in counts.items() if key in keys) for counts in repeated]
            totals = [counts.total() for counts in repeated]
            if repeated and all(bad < total for bad, total in zip(shown, totals, strict=True)):
                finding.flaky = f"{sum(shown)} of {sum(totals)}"
