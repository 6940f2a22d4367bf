"""Totals: exact whatever the amounts are, and every entry that does not balance is named."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zuora_journal_runs import JournalEntry, Totals

from .world import Script, answer

if TYPE_CHECKING:
    from .world import Kind

AMOUNTS = st.one_of(
    st.integers(-(10**12), 10**12),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30),
    # Sums of these have far more digits than Python's usual 28.
    st.sampled_from(["1e40", "1e-40", "-1e40", "0.1"]),
)
ITEMS = st.lists(
    st.tuples(st.sampled_from(["Debit", "Credit"]), st.sampled_from(["Cash", "Tax", ""]), AMOUNTS), max_size=6
)
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["Invoice Item", "Taxation Item"]), st.sampled_from(["USD", "EUR"]), st.booleans(), ITEMS
    ),
    max_size=8,
)


def entry(
    number: int, kind: str | None, currency: str | None, items: Any, status: str = "Created", **fields: Any
) -> Any:
    listed = [
        {"type": side, "accountingCodeName": code or None, "amount": amount if isinstance(amount, int) else str(amount)}
        for side, code, amount in items
    ]
    return JournalEntry.from_dict(
        {
            "number": f"JE-{number}",
            "status": status,
            "transactionType": kind,
            "currency": currency,
            "journalEntryItems": listed,
            **fields,
        }
    )


@given(ENTRIES)
def test_they_are_what_fractions_add_up_to(listed: Any) -> None:
    totals = Totals.of(
        entry(number, kind, currency, items, "Cancelled" if cancelled else "Created")
        for number, (kind, currency, cancelled, items) in enumerate(listed)
    )
    expected: dict[tuple[str, str, str, str], Fraction] = {}
    unbalanced = []
    for number, (kind, currency, cancelled, items) in enumerate(listed):
        if cancelled:
            continue
        for side, code, amount in items:
            key = (kind, currency, code, side)
            expected[key] = expected.get(key, Fraction(0)) + Fraction(amount)
        if sum(Fraction(amount) * (1 if side == "Debit" else -1) for side, _, amount in items):
            unbalanced.append(f"JE-{number}")
    found = {
        (each.transaction_type, each.currency, each.accounting_code, side): Fraction(amount)
        for each in totals.accounts
        for side, amount in (("Debit", each.debits), ("Credit", each.credits))
    }
    assert {key: value for key, value in found.items() if value} == {
        key: value for key, value in expected.items() if value
    }
    assert [each.number for each in totals.unbalanced] == unbalanced
    assert totals.balanced == (not unbalanced)
    assert totals.entries == sum(not cancelled for _, _, cancelled, _ in listed)
    for side, name in ((0, "Debit"), (1, "Credit")):
        for pair, sums in totals.by_type().items():
            assert Fraction(sums[side]) == sum(v for k, v in expected.items() if k[:2] == pair and k[3] == name)
        for code, sums in totals.by_currency().items():
            assert Fraction(sums[side]) == sum(v for k, v in expected.items() if k[1] == code and k[3] == name)


@given(ENTRIES, ENTRIES)
def test_differences_are_what_the_sums_differ_in(before: Any, after: Any) -> None:
    old, new = (
        Totals.of(entry(n, kind, currency, items) for n, (kind, currency, _, items) in enumerate(each))
        for each in (before, after)
    )
    zero = (0, 0)
    keys = {*old.by_type(), *new.by_type()}
    expected = {key for key in keys if old.by_type().get(key, zero) != new.by_type().get(key, zero)}
    found = old.differences(new)
    assert {(each.transaction_type, each.currency) for each in found} == expected
    for each in found:
        assert (each.debits[0] != each.debits[1]) == ("debits" in str(each))
        assert (each.credits[0] != each.credits[1]) == ("credits" in str(each))
    assert old.differences(old) == ()


DOUBTFUL = {
    "a side of tomorrow": ({"type": "Both", "amount": "5"}, {}, "neither debit nor credit"),
    "no amount": ({"type": "Debit"}, {}, "1 of its items have no amount"),
    "no amount in its currency": ({"type": "Debit", "homeCurrencyAmount": "0"}, {"homeCurrency": "EUR"}, "no amount"),
    "one side": ({"type": "Debit", "amount": "1234.50"}, {}, "debits of 1,234.50 and credits of 0"),
}


@pytest.mark.parametrize(("item", "fields", "problem"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_cannot_be_posted_is_named(item: Any, fields: Any, problem: str) -> None:
    (found,) = Totals.of([entry(1, "Invoice Item", "USD", (), journalEntryItems=[item], **fields)]).unbalanced
    assert found.number == "JE-1"
    assert problem in found.problem


def test_an_entry_in_home_currency_alone() -> None:
    item = {"type": "Debit", "homeCurrencyAmount": "5"}
    totals = Totals.of([entry(1, None, None, (), homeCurrency="EUR", journalEntryItems=[item])])
    (found,) = totals.accounts
    assert (found.transaction_type, found.currency, str(found.debits)) == ("", "EUR", "5")
    assert str(totals.differences(Totals.of([]))[0]) == "no type, EUR: debits 5 before and 0 after"


def test_the_entries_of_a_run(kind: Kind) -> None:
    """A cent is a cent: 0.1 and 0.2 make 0.3."""
    items = [{"type": "Debit", "amount": 0.1}, {"type": "Debit", "amount": 0.2}, {"type": "Credit", "amount": 0.3}]
    listed = {"number": "JE-1", "status": "Created", "currency": "USD", "journalEntryItems": items}
    script = Script(answer(body={"success": True, "journalEntries": [listed]}))
    totals = kind.use(script, lambda client: client.entries("JR-00000075")).totals()
    assert totals.balanced
    assert str(totals.accounts[0].debits) == "0.3"
