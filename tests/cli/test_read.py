"""`zjr get` and `zjr entries`."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs.emulator import SeedRun

from .running import Terminal, Zjr, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs.emulator import Emulator

ESCAPE = "\x1b[31mred\x1b[0m"


def one_run(**fields: object) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "number": "JR-00000075", "status": "Completed", **fields})


def one_page(*entries: dict[str, Any]) -> httpx.Response:
    given = [{"number": f"JE-{place:08}", "status": "Created", **entry} for place, entry in enumerate(entries, 1)]
    return httpx.Response(200, json={"success": True, "journalEntries": given})


def listing(page: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """Return a tenant with one run, whose entries are on one page."""

    def respond(request: httpx.Request) -> httpx.Response:
        return page if "journal-entries" in request.url.path else one_run()

    return respond


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
    wide = zjr.responding(listing(one_page({"transactionType": name, "transferredToAccounting": "Processing"})))

    row = wide("entries", "JR-00000075").stdout.splitlines()[-1]

    assert len(row) > 80
    assert name in row


def test_a_run_without_entries_says_so(zjr: Zjr) -> None:
    assert zjr("entries", "JR-00000071").stdout == "JR-00000071: 0 entries, 0 cancelled\n"


def test_one_entry_is_one_entry(zjr: Zjr) -> None:
    cancelled = zjr.responding(listing(one_page({"status": "Cancelled"})))

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
    told = zjr.responding(listing(one_page({"journalEntryItems": items})))

    row = told("entries", "JR-00000075").stdout.splitlines()[-1]

    assert row.split() == ["JE-00000001", *([shown] if shown else []), "Created"]


@pytest.mark.parametrize("amount", ["a lot", "Infinity", "1e999999999"])
def test_an_amount_that_is_no_number_is_an_error(zjr: Zjr, amount: str) -> None:
    told = zjr.responding(listing(one_page({"journalEntryItems": [item(1), item(amount)]})))

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
    told = zjr.responding(listing(one_page(custom)))

    (record,) = told.json("entries", "JR-00000075")

    assert record["entries"][0]["region__c"] == "EMEA"
    assert record["entries"][0]["journalEntryItems"] == [{"type": "Debit", "amount": "1.50", "rate__c": "0.1"}]


def test_entries_as_csv_have_a_row_for_each_debit_and_credit(zjr: Zjr) -> None:
    rows = list(csv.DictReader(io.StringIO(zjr("entries", "JR-00000074", "--format", "csv").stdout)))

    assert [(row["number"], row["type"], row["amount"]) for row in rows] == [
        ("JE-00000029", "Debit", "18199.5"),
        ("JE-00000029", "Credit", "18199.5"),
        ("JE-00000030", "Debit", "211218.89"),
        ("JE-00000030", "Credit", "211218.89"),
        ("JE-00000031", "Debit", "230063.91"),
        ("JE-00000031", "Credit", "230063.91"),
    ]
    assert {row["transferredToAccounting"] for row in rows} == {"No", "Processing"}


def test_an_entry_without_debits_and_credits_has_a_row_in_csv(zjr: Zjr) -> None:
    told = zjr.responding(listing(one_page({}, {"journalEntryItems": None})))

    rows = list(csv.DictReader(io.StringIO(told("entries", "JR-00000075", "--format", "csv").stdout)))

    assert [row["number"] for row in rows] == ["JE-00000001", "JE-00000002"]


def test_amounts_in_csv_have_no_exponent(zjr: Zjr) -> None:
    content = b'{"success": true, "journalEntries": [{"number": "JE-1", "status": "Created", "journalEntryItems": [{"amount": 1E+3}]}]}'
    told = zjr.responding(listing(httpx.Response(200, content=content)))

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


class TestManyEntries:
    """A run whose entries are on several pages."""

    @staticmethod
    def tenant(*, failing: int | None = None) -> Callable[[httpx.Request], httpx.Response]:
        """Return a tenant with 700 entries of different widths, of which one page may fail."""

        def respond(request: httpx.Request) -> httpx.Response:
            if "journal-entries" not in request.url.path:
                return one_run(totalJournalEntryCount=700)
            page = int(request.url.params["page"])
            if page == failing:
                return httpx.Response(403, json={"success": False, "reasons": [{"code": "50000010", "message": "No."}]})
            entries = [
                {"number": f"JE-{place:08}", "status": "Created", "transactionType": "Fee" * (place % 9)}
                for place in range((page - 1) * 300, min(page * 300, 700))
            ]
            following = {} if page == 3 else {"nextPage": str(request.url.copy_set_param("page", page + 1))}
            return httpx.Response(200, json={"success": True, "journalEntries": entries, **following})

        return respond

    @pytest.fixture
    def told(self, zjr: Zjr) -> Zjr:
        return zjr.responding(self.tenant())

    def test_a_table_is_one_table(self, told: Zjr) -> None:
        heading, columns, *rows = told("entries", "JR-00000075").stdout.splitlines()
        assert heading == "JR-00000075: 700 entries, 0 cancelled"
        assert [row.split()[0] for row in rows] == [f"JE-{place:08}" for place in range(700)]
        assert {row.index("Created") for row in rows} == {columns.index("Status")}

    def test_json_is_one_object(self, told: Zjr) -> None:
        (record,) = told.json("entries", "JR-00000075")
        assert [entry["number"] for entry in record["entries"]] == [f"JE-{place:08}" for place in range(700)]

    def test_json_lines_end_with_their_number(self, told: Zjr) -> None:
        *lines, last = records(told("entries", "JR-00000075", "--format", "jsonl").stdout)
        assert [line["entry"]["number"] for line in lines] == [f"JE-{place:08}" for place in range(700)]
        assert {(line["kind"], line["run"]) for line in lines} == {("listedEntry", "JR-00000075")}
        assert last == {"kind": "entryCount", "run": "JR-00000075", "entryCount": 700}

    def test_csv_has_a_row_for_each(self, told: Zjr) -> None:
        rows = list(csv.DictReader(io.StringIO(told("entries", "JR-00000075", "--format", "csv").stdout)))
        assert [row["number"] for row in rows] == [f"JE-{place:08}" for place in range(700)]

    def test_totals_are_of_all(self, told: Zjr) -> None:
        assert told("entries", "JR-00000075", "--totals").stdout.startswith("JR-00000075: 700 entries that are")
        (record,) = records(told("entries", "JR-00000075", "--totals", "--format", "jsonl").stdout)
        assert record["entryCount"] == 700

    @pytest.mark.parametrize("failing", [1, 3])
    @pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
    def test_what_cannot_be_read_to_its_end_is_an_error(self, zjr: Zjr, form: str, failing: int) -> None:
        """A table or an object is written as a whole or not at all; what was written of the others is not passed off as all."""
        result = zjr.responding(self.tenant(failing=failing))("entries", "JR-00000075", "--format", form)
        assert result.exit_code == 1
        written = result.stdout.splitlines()
        if form.startswith("json"):
            (*written, error) = records(result.stdout)
            assert (error["kind"], error["exitStatus"]) == ("error", 1)
        else:
            assert "50000010" in result.stderr
        expected = {"jsonl": 600, "csv": 601} if failing == 3 else {}
        assert len(written) == expected.get(form, 0)


def test_without_entries_csv_has_its_headings(zjr: Zjr) -> None:
    (headings,) = zjr("entries", "JR-00000071", "--format", "csv").stdout.splitlines()
    assert headings.startswith("number,status,")


class TestTotals:
    def test_they_are_by_type_and_accounting_code(self, zjr: Zjr) -> None:
        entries = zjr.json("entries", "JR-00000074")[0]["entries"]
        (record,) = zjr.json("entries", "JR-00000074", "--totals")

        assert (record["kind"], record["number"], record["entryCount"]) == ("totals", "JR-00000074", 3)
        items = [(entry, item) for entry in entries for item in entry["journalEntryItems"]]
        for total in record["totals"]:
            for side, name in (("debits", "Debit"), ("credits", "Credit")):
                assert Decimal(total[side]) == sum(
                    Decimal(item["amount"])
                    for entry, item in items
                    if item["type"] == name
                    and item["accountingCodeName"] == total["accountingCodeName"]
                    and entry["transactionType"] == total["transactionType"]
                )
        (currency,) = record["currencies"]
        assert currency["currency"] == "USD"
        assert currency["debits"] == currency["credits"]
        assert record["unbalanced"] == []

    def test_they_are_a_table_with_the_sums(self, zjr: Zjr) -> None:
        lines = zjr("entries", "JR-00000074", "--totals").stdout.splitlines()

        assert lines[0] == "JR-00000074: 3 entries that are not cancelled"
        assert lines[1].split() == ["Transaction", "type", "Accounting", "code", "Debits", "Credits"]
        (record,) = zjr.json("entries", "JR-00000074", "--totals")
        total = f"{Decimal(record['currencies'][0]['debits']):,.2f} USD"
        assert lines[-1].split("  ")[0] == "All"
        assert lines[-1].count(total) == 2
        assert len(lines) == 3 + len(record["totals"])

    def test_they_are_csv(self, zjr: Zjr) -> None:
        rows = list(csv.DictReader(io.StringIO(zjr("entries", "JR-00000074", "--totals", "--format", "csv").stdout)))

        assert rows == zjr.json("entries", "JR-00000074", "--totals")[0]["totals"]

    def test_cancelled_entries_do_not_count(self, zjr: Zjr) -> None:
        assert zjr("entries", "JR-00000072", "--totals").stdout == "JR-00000072: 0 entries that are not cancelled\n"

    def test_each_currency_has_its_own_sum_and_all_digits(self, zjr: Zjr) -> None:
        def items(amount: str) -> list[dict[str, str]]:
            return [{"type": side, "amount": amount, "accountingCodeName": "Cash"} for side in ("Debit", "Credit")]

        large = "99999999999999999999999999999.995"
        several: list[dict[str, Any]] = [
            {"currency": "EUR", "journalEntryItems": items("0.1")},
            {"currency": "EUR", "journalEntryItems": items(large)},
            {"currency": None, "journalEntryItems": items("3")},
        ]
        (record,) = zjr.responding(listing(one_page(*several))).json("entries", "JR-00000075", "--totals")

        assert [(each["currency"], each["debits"], each["credits"]) for each in record["currencies"]] == [
            (None, "3", "3"),
            ("EUR", "100000000000000000000000000000.095", "100000000000000000000000000000.095"),
        ]

    @pytest.mark.parametrize("options", [[], ["--json"], ["--format", "csv"]])
    def test_an_entry_that_does_not_balance_is_warned_of(self, zjr: Zjr, options: list[str]) -> None:
        wrong = {"journalEntryItems": [{"type": "Debit", "amount": "1.00"}, {"type": "Credit", "amount": "0.99"}]}
        result = zjr.responding(listing(one_page(wrong)))("entries", "JR-00000075", "--totals", *options)

        assert result.exit_code == 0
        assert result.stderr == ("zjr: warning: JE-00000001 does not balance: debits of 1.00 and credits of 0.99\n")
        if "--json" in options:
            assert json.loads(result.stdout)["unbalanced"] == [
                {
                    "number": "JE-00000001",
                    "debits": "1.00",
                    "credits": "0.99",
                    "problem": "debits of 1.00 and credits of 0.99",
                }
            ]
        elif not options:
            assert result.stdout.startswith("JR-00000075: 1 entry that is not cancelled\n")

    @pytest.mark.measured
    @pytest.mark.parametrize("columns", [30, 60, 80])
    def test_no_digit_is_cut_off_on_a_narrow_terminal(self, emulator: Emulator, columns: int) -> None:
        environ = emulator.environ()
        terminal = Terminal(
            "entries", "JR-00000073", "--totals", variables={"NO_COLOR": "1", **environ}, columns=columns
        )

        assert terminal.end() == 0
        assert max(map(len, terminal.shown.splitlines())) <= columns
        (record,) = Zjr(environ).json("entries", "JR-00000073", "--totals")
        for total in [*record["totals"], *record["currencies"]]:
            for side in ("debits", "credits"):
                assert f"{Decimal(total[side]):,.2f} USD" in terminal.shown
