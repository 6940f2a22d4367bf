"""Wording."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs.cli.formatting import count_entries, format_amount, format_duration, one_line, sentences


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40))
def test_an_amount_loses_no_digit(amount: Decimal) -> None:
    written = format_amount(amount, "USD")

    assert Decimal(written.removesuffix(" USD").replace(",", "")) == amount
    assert len(written.removesuffix(" USD").partition(".")[2]) >= 2


@given(st.text())
def test_a_text_is_one_line_that_a_terminal_does_not_obey(text: str) -> None:
    made = one_line(text)

    assert made.isprintable()
    assert made.split() == made.split(" ") or not made


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_a_plain_word_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("texts", "made"),
    [
        (("wait", None, "then look."), "Wait. Then look."),
        (("why?", "JR-1 is gone!"), "Why? JR-1 is gone!"),
        ((None,), ""),
        (("`zjr get JR-00000075`",), "`zjr get JR-00000075`."),
    ],
)
def test_texts_become_sentences(texts: tuple[str | None, ...], made: str) -> None:
    assert sentences(*texts) == made


@pytest.mark.parametrize(("number", "said"), [(0, "0 entries"), (1, "1 entry"), (1234, "1,234 entries")])
def test_entries_are_counted(number: int, said: str) -> None:
    assert count_entries(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (2.5, "2.5 s"),
        (90, "90 s"),
        (100, "1 min 40 s"),
        (600, "10 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (7201, "2 h"),
        (7_200_000, "2,000 h"),
    ],
)
def test_durations_are_in_words(seconds: float, said: str) -> None:
    assert format_duration(seconds) == said
