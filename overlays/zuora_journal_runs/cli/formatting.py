"""Format text for people: sentences, counts, durations and amounts."""

from __future__ import annotations

from decimal import Decimal

_DECIMALS = 2
"""Digits after the point that are shown even if they are 0."""


def one_line(text: object) -> str:
    """Return a text in one line, without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())


def end_sentence(text: str) -> str:
    """Return a text that ends with a full stop, unless it ends with another mark."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def sentences(*texts: str | None) -> str:
    """Return texts as sentences, without those that are None."""
    return " ".join(end_sentence(text[:1].upper() + text[1:]) for text in texts if text)


def count_entries(number: int) -> str:
    """Return a number of entries in words."""
    return "1 entry" if number == 1 else f"{number:,} entries"


def format_duration(seconds: float) -> str:
    """Return a duration: below 100 seconds in seconds, else the first two of hours, minutes and seconds."""
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (rest, "s")]
    return " ".join(f"{count:,} {unit}" for count, unit in parts if count)


def format_amount(amount: Decimal | str | None, currency: str | None) -> str:
    """Return an amount as ledgers write it, with all of its digits; an empty text for None."""
    if amount is None:
        return ""
    exact = Decimal(amount)
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int)
    written = f"{exact:,.2f}" if exponent >= -_DECIMALS else f"{exact:,f}"
    return f"{written} {currency}" if currency else written
