"""The contract `journal-runs.yaml`: where it is, and which one it is."""

from __future__ import annotations

import functools
import hashlib
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FILE = "journal-runs.yaml"


class ContractId(NamedTuple):
    """Which contract this is."""

    version: str
    """The date of the newest document that it was built from."""
    sha256: str
    """The checksum of the file."""


def contract_file() -> Traversable:
    """Return the contract: in the installed package, or in the checkout."""
    installed = resources.files(__package__) / FILE
    return installed if installed.is_file() else Path(__file__).parents[2] / "openapi" / FILE


@functools.cache
def contract_id() -> ContractId:
    """Return version and checksum of the contract, without parsing YAML."""
    content = contract_file().read_bytes()
    version = re.search(rb"^  version: '?([^'\s]+)'?\s*$", content, re.MULTILINE)
    return ContractId("" if version is None else version[1].decode(), hashlib.sha256(content).hexdigest())
