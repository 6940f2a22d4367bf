"""What the suite consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .bench import Bench


class Item(NamedTuple):
    """A rule, or a phase of generated requests."""

    id: str
    """Its group and its name, such as headers/track-id-comes-back."""
    title: str
    """What holds if nothing is found."""
    source: str
    """The document that says so."""
    writes: bool
    """Whether runs are created, cancelled or deleted for it."""
    run: Callable[[Bench], None]
    """Tries it. Raises Violation; NotTried if what it needs is not there."""


class Rules:
    """The rules of a group, in the order in which they are tried.

    Args:
        group: Its name.
    """

    def __init__(self, group: str) -> None:
        self._group = group
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def rule(
        self, source: str, *, writes: bool = False
    ) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
        """Make a rule of a function, whose name and docstring say what holds."""

        def add(function: Callable[[Bench], None]) -> Callable[[Bench], None]:
            title = (function.__doc__ or "").partition("\n")[0].removesuffix(".")
            name = function.__name__.replace("_", "-")
            self._items.append(Item(f"{self._group}/{name}", title, source, writes, function))
            return function

        return add
