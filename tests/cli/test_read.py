"""`zjr get` and `zjr entries`."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs.emulator import Emulator, SeedRun

if TYPE_CHECKING:
    from .running import Zjr

ESCAPE = "\x1b[31mred\x1b[0m"


def one_run(**fields: object) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "number": "JR-00000075", "status": "Completed", **fields})


def one_page(*entries: dict[str, Any]) -> httpx.Response:
    given = [{"number": f"JE-{place:08}", "status": "Created", **entry} for place, entry in enumerate(entries, 1)]
    return httpx.Response(200, json={"success": True, "journalEntries": given})


def test_a_run_is_shown_with_its_facts(zjr: Zjr) -> None:
    result = zjr("get", "JR-00000075")

    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "JR-00000075  Completed",
        "  Executed on   2026-11-02 22:05:12",
        "  Entry date    2026-10-31",
        "  Target from   2026-10-01",
        "  Target to     2026-10-31",
        "  Transactions  Invoice Item, Taxation Item, Electronic Payment, Revenue Event",
        "                Item",
        "  Segmented by  Region",
        "  Entries       10",
    ]


def test_a_run_without_facts_is_shown_without_blanks_for_them(zjr: Zjr) -> None:
    sparse = zjr.responding(lambda _: one_run(executedOn=None, segmentationRuleName=""))

    assert sparse("get", "JR-00000075").stdout == "JR-00000075  Completed\n"


def test_organisations_are_named_or_else_numbered(zjr: Zjr) -> None:
    labels = [{"organizationName": "EMEA", "organizationId": "1"}, {"organizationId": "2"}, {}]
    labelled = zjr.responding(lambda _: one_run(organizationLabels=labels))

    assert labelled("get", "JR-00000075").stdout.splitlines()[1:] == ["  Organisations  EMEA, 2"]


def test_a_run_as_json_is_what_the_api_said(zjr: Zjr) -> None:
    said = {"success": True, "number": "JR-00000075", "status": "Brand new", "total__c": 1.10, "executedOn": None}
    told = zjr.responding(lambda _: httpx.Response(200, json=said))

    assert told.json("get", "JR-00000075") == [{"kind": "run", **said, "total__c": "1.1"}]


def test_what_the_api_says_cannot_drive_the_terminal(zjr: Zjr) -> None:
    hostile = zjr.responding(lambda _: one_run(status=ESCAPE, segmentationRuleName=f"a\r\n{ESCAPE}\b"))

    assert hostile("get", "JR-00000075").stdout.splitlines() == [
        "JR-00000075  [31mred [0m",
        "  Segmented by  a [31mred [0m",
    ]


def test_entries_are_a_table(zjr: Zjr) -> None:
    result = zjr("entries", "JR-00000074")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "JR-00000074: 3 entries, 0 cancelled",
        "Entry        Transaction type            Amount  Status   In accounting",
        "JE-00000029  Electronic Payment   18,199.50 USD  Created  No",
        "JE-00000030  Electronic Refund   211,218.89 USD  Created  Processing",
        "JE-00000031  Electronic Payment  230,063.91 USD  Created  No",
    ]


def test_a_table_that_is_not_on_a_terminal_is_as_wide_as_it_must_be(zjr: Zjr) -> None:
    name = "Credit Balance Adjustment (Transferred to Credit Balance)"
    wide = zjr.responding(lambda _: one_page({"transactionType": name, "transferredToAccounting": "Processing"}))

    row = wide("entries", "JR-00000075").stdout.splitlines()[-1]

    assert len(row) > 80
    assert name in row


def test_a_run_without_entries_says_so(zjr: Zjr) -> None:
    assert zjr("entries", "JR-00000071").stdout == "JR-00000071: 0 entries, 0 cancelled\n"


def test_one_entry_is_one_entry(zjr: Zjr) -> None:
    cancelled = zjr.responding(lambda _: one_page({"status": "Cancelled"}))

    assert cancelled("entries", "JR-00000075").stdout.startswith("JR-00000075: 1 entry, 1 cancelled\n")


def item(amount: object, side: str = "Debit") -> dict[str, object]:
    return {"type": side, "amount": amount}


@pytest.mark.parametrize(
    ("items", "shown"),
    [
        pytest.param([item(1234567.5), item("0.5"), item(9, "Credit")], "1,234,568.00", id="debits-are-added"),
        pytest.param([item("0.0001")], "0.0001", id="no-digit-is-lost"),
        pytest.param([item("1E+3")], "1,000.00", id="without-an-exponent"),
        pytest.param([item("-12.5")], "-12.50", id="negative"),
        pytest.param([item(0)], "0.00", id="zero-is-an-amount"),
        pytest.param([item(None)], "", id="null"),
        pytest.param(
            [item("123456789012345678901234567890.12"), item("0.003")],
            "123,456,789,012,345,678,901,234,567,890.123",
            id="long",
        ),
        pytest.param([item(5, "Credit")], "", id="no-debit"),
        pytest.param([], "", id="no-items"),
        pytest.param(None, "", id="null-items"),
    ],
)
def test_an_entry_shows_the_sum_of_its_debits(zjr: Zjr, items: list[dict[str, object]] | None, shown: str) -> None:
    told = zjr.responding(lambda _: one_page({"journalEntryItems": items}))

    row = told("entries", "JR-00000075").stdout.splitlines()[-1]

    assert row.split() == ["JE-00000001", *([shown] if shown else []), "Created"]


@pytest.mark.parametrize("amount", ["a lot", "Infinity", "1e999999999"])
def test_an_amount_that_is_no_number_is_an_error(zjr: Zjr, amount: str) -> None:
    told = zjr.responding(lambda _: one_page({"journalEntryItems": [item(1), item(amount)]}))

    result = told("entries", "JR-00000075")

    assert result.exit_code == 1
    place = "journalEntries[0].journalEntryItems[1].amount"
    assert f'{place} is "{amount}" where a number is expected' in " ".join(result.stderr.split())


@pytest.mark.parametrize("asked", [["--json"], ["--format", "json"], ["--json", "--format", "json"]])
def test_entries_as_json_are_one_object_with_exact_amounts(zjr: Zjr, emulator: Emulator, asked: list[str]) -> None:
    result = zjr("entries", "JR-00000073", *asked)
    (record,) = [json.loads(line) for line in result.stdout.splitlines()]

    assert [entry["number"] for entry in record["entries"]] == emulator.entry_numbers("JR-00000073")
    amounts = [item["amount"] for entry in record["entries"] for item in entry["journalEntryItems"]]
    assert all(isinstance(amount, str) and Decimal(amount) > 0 for amount in amounts)


def test_entries_as_json_keep_what_the_contract_does_not_name(zjr: Zjr) -> None:
    custom = {"region__c": "EMEA", "journalEntryItems": [{"type": "Debit", "amount": "1.50", "rate__c": 0.1}]}
    told = zjr.responding(lambda _: one_page(custom))

    (record,) = told.json("entries", "JR-00000075")

    assert record["entries"][0]["region__c"] == "EMEA"
    assert record["entries"][0]["journalEntryItems"] == [{"type": "Debit", "amount": "1.50", "rate__c": "0.1"}]


def test_entries_as_csv_have_a_row_for_each_debit_and_credit(zjr: Zjr) -> None:
    rows = list(csv.DictReader(io.StringIO(zjr("entries", "JR-00000074", "--format", "csv").stdout)))

    assert [(row["number"], row["type"], row["amount"]) for row in rows] == [
        ("JE-00000029", "Debit", "18199.5"),
        ("JE-00000029", "Credit", "18199.5"),
        ("JE-00000030", "Debit", "211218.89"),
        ("JE-00000030", "Credit", "156182.48"),
        ("JE-00000030", "Credit", "55036.41"),
        ("JE-00000031", "Debit", "230063.91"),
        ("JE-00000031", "Credit", "159613.11"),
        ("JE-00000031", "Credit", "70450.8"),
    ]
    assert {row["transferredToAccounting"] for row in rows} == {"No", "Processing"}


def test_an_entry_without_debits_and_credits_has_a_row_in_csv(zjr: Zjr) -> None:
    told = zjr.responding(lambda _: one_page({}, {"journalEntryItems": None}))

    rows = list(csv.DictReader(io.StringIO(told("entries", "JR-00000075", "--format", "csv").stdout)))

    assert [row["number"] for row in rows] == ["JE-00000001", "JE-00000002"]


def test_amounts_in_csv_have_no_exponent(zjr: Zjr) -> None:
    content = b'{"success": true, "journalEntries": [{"number": "JE-1", "status": "Created", "journalEntryItems": [{"amount": 1E+3}]}]}'
    told = zjr.responding(lambda _: httpx.Response(200, content=content))

    (row,) = csv.DictReader(io.StringIO(told("entries", "JR-00000075", "--format", "csv").stdout))

    assert row["amount"] == "1000"


def test_a_new_run_is_found(zjr: Zjr, emulator: Emulator) -> None:
    number = emulator.add_run(SeedRun(entries=1))

    assert zjr.json("get", number)[0]["totalJournalEntryCount"] == 1


def test_pages_that_go_in_a_circle_have_changed_nothing(zjr: Zjr) -> None:
    def circle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"success": True, "journalEntries": [], "nextPage": str(request.url)})

    result = zjr.responding(circle)("entries", "JR-00000075")

    assert result.exit_code == 1
    assert "acted upon" not in result.stderr
