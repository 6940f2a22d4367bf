"""What the suite consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .harness import Harness


class Rule(NamedTuple):
    """Something that holds for a provider that keeps to the contract."""

    id: str
    """Its group and its name, such as headers/track-id-comes-back."""
    title: str
    """What holds."""
    source: str
    """The document that says so."""
    writes: bool
    """Whether runs are created, cancelled or deleted to check it."""
    check: Callable[[Harness], None]
    """Checks it. Raises Violation, or Skipped if what it needs is missing."""


class RuleGroup:
    """The rules of a group, in the order in which they are checked.

    Args:
        name: Its name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._rules: list[Rule] = []

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def rule(
        self, source: str, *, writes: bool = False
    ) -> Callable[[Callable[[Harness], None]], Callable[[Harness], None]]:
        """Make a rule of a function, whose name and docstring say what holds."""

        def add(function: Callable[[Harness], None]) -> Callable[[Harness], None]:
            title = (function.__doc__ or "").partition("\n")[0].removesuffix(".")
            name = function.__name__.replace("_", "-")
            self._rules.append(Rule(f"{self._name}/{name}", title, source, writes, function))
            return function

        return add
