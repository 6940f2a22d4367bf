"""Optional dependencies, which come with an extra of this package."""

from __future__ import annotations

from importlib.util import find_spec


def require(extra: str, *modules: str) -> None:
    """Check that the modules of an extra can be imported.

    Raises:
        ModuleNotFoundError: Some are missing; the error says what to install.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        message = f"not installed: {', '.join(missing)}; to install: pip install 'zuora-journal-runs[{extra}]'"
        raise ModuleNotFoundError(message, name=missing[0])
