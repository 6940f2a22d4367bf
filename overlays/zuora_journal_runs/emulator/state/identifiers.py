"""Identifiers in Zuora's formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


class Identifiers:
    """Generates identifiers; the same random source gives the same ones."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def token(self) -> str:
        """Return 32 hexadecimal digits, for a bearer token or a client secret."""
        return f"{self._random.getrandbits(128):032x}"

    def uuid(self) -> str:
        """Return a version 4 UUID, for a request or a client."""
        text = self.token()
        variant = "89ab"[int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def process(self) -> str:
        """Return 16 hexadecimal digits, for a process id."""
        return f"{self._random.getrandbits(64):016X}"
