"""Wording: sentences, numbers and amounts."""

from __future__ import annotations

from decimal import Decimal

_CENTS = 2
"""Digits after the point that are shown, though they are 0."""


def one_line(text: object) -> str:
    """A text in one line, without anything that a terminal would obey."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())


def end_sentence(text: str) -> str:
    """A text with a full stop."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def sentences(*texts: str | None) -> str:
    """Texts as sentences; None is left out."""
    return " ".join(end_sentence(text[:1].upper() + text[1:]) for text in texts if text)


def count_entries(number: int) -> str:
    """So many entries."""
    return "1 entry" if number == 1 else f"{number:,} entries"


def format_duration(seconds: float) -> str:
    """Return a duration in words: below 100 seconds in seconds, else in hours, minutes and seconds, the first two."""
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (rest, "s")]
    return " ".join(f"{count:,} {unit}" for count, unit in parts if count)


def format_amount(amount: Decimal | str | None, currency: str | None) -> str:
    """An amount as ledgers write it, with no digit lost; nothing for None."""
    if amount is None:
        return ""
    exact = Decimal(amount)
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int)
    written = f"{exact:,.2f}" if exponent >= -_CENTS else f"{exact:,f}"
    return f"{written} {currency}" if currency else written
