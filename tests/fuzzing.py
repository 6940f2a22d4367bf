"""How property tests choose their examples: always the same ones in `make test`, many fresh ones in `make fuzz`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, is_hypothesis_test, settings
from hypothesis.internal.conjecture import providers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Effort:
    """How far a test with random seeds of its own searches."""

    factor: int = 1
    seed: int = 0

    @property
    def fuzzing(self) -> bool:
        return self.seed > 0

    def seeds(self, usual: range) -> Iterable[int]:
        """Return the usual seeds, or in `make fuzz` other ones, and as many times more."""
        if not self.fuzzing:
            return usual
        first = (self.seed << 32) + usual.start
        return range(first, first + len(usual) * usual.step * self.factor, usual.step)


def effort_of(config: pytest.Config) -> Effort:
    factor = config.getoption("--fuzz")
    return Effort(factor, int(config.getoption("--hypothesis-seed") or 1)) if factor else Effort()


def prepare(effort: Effort) -> None:
    """Choose hypothesis' settings, before any module of tests is imported.

    Hypothesis has a profile of its own where `CI` is set; this one does not depend on it. It would also pick constants
    out of the modules that happen to be imported, and so choose other examples in another order of tests, or under
    another path: without that, a seed is all that it takes to get the same examples again.
    """
    vars(providers)["is_local_module_file"] = lambda _: False
    parent = settings.get_profile("default")
    common = {"deadline": None, "database": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
    if effort.fuzzing:
        settings.register_profile("fuzz", parent, max_examples=parent.max_examples * effort.factor, **common)
        settings.load_profile("fuzz")
        _widen(effort.factor)
    else:
        settings.register_profile("test", parent, derandomize=True, **common)
        settings.load_profile("test")


def _widen(factor: int) -> None:
    """Multiply the examples that tests ask for, in decorators or within a test, and choose them by the seed."""
    original = settings.__init__

    def widened(self: settings, *args: Any, **options: Any) -> None:
        if Path(sys._getframe(1).f_code.co_filename).is_relative_to(TESTS):
            options.pop("derandomize", None)
            if "max_examples" in options:
                options["max_examples"] *= factor
        original(self, *args, **options)

    settings.__init__ = widened  # type: ignore[method-assign]


def is_property(item: pytest.Item) -> bool:
    """Return whether a test searches: by hypothesis, perhaps in a function within it, or by seeds of its own."""
    function = getattr(item, "obj", None)
    code = getattr(function, "__code__", None)
    return (
        is_hypothesis_test(function)
        or (code is not None and "given" in code.co_names)
        or "effort" in getattr(item, "fixturenames", ())
    )


def replay(effort: Effort, node: str) -> str:
    """Return the command that finds the same again; both shells that read it, and make, leave the node as it is."""
    node = node.replace("$", "$$")
    return f"make fuzz FUZZ={effort.factor} SEED={effort.seed} TESTS={shlex.quote(shlex.quote(node))}"
