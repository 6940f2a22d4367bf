"""Import modules when they are first used.

`import zuora_journal_runs` costs little more than `import httpx`. What only some programs need (attrs, the generated
models, waits, batches) is imported when it is first used: by name from a package with `lazy_names`, or through a
`LazyModule`, which also lets annotations refer to it, so that `typing.get_type_hints` works.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class LazyModule:
    """A module that is imported when one of its attributes is first used."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)

    def __repr__(self) -> str:
        return f"<LazyModule {self.__name__}>"


def lazy_names(package: str, homes: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that imports each name when it is first used.

    Args:
        package: The `__name__` of the package.
        homes: The names by the module that defines them, which may be relative to the package.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(home_of[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
