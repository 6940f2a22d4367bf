"""Records as text, for people."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import cell_len
from rich.console import Group
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .formatting import count_entries, end_sentence, format_amount, one_line, sentences
from .records import debits, listed, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from .record_types import (
        Amount,
        CancellationRecord,
        Check,
        DeletionPlanRecord,
        DiagnosisRecord,
        PlanRecord,
        RemainingEntry,
        RerunPlanRecord,
        RerunRecord,
        TotalsRecord,
        TransferPlanRecord,
        TransferRecord,
    )

TITLE = "bold"
_COLORS = {"Cancelled": "green", "Error": "red"}
_STAYS = "yellow"


def text(words: object, style: str = "") -> Text:
    """Return a text without control characters, which a response may contain."""
    return Text(one_line(words), style)


def status(name: str) -> Text:
    """Return a status in its color."""
    return text(name, _COLORS.get(name, ""))


def run(record: Mapping[str, Any]) -> Group:
    """Return the facts about a run, as far as they are known."""
    types = [item["type"] for item in record.get("transactionTypes") or ()]
    labels = record.get("organizationLabels") or ()
    organisations = [label.get("organizationName") or label.get("organizationId") for label in labels]
    facts = (
        ("Executed on", record.get("executedOn")),
        ("Entry date", record.get("journalEntryDate")),
        ("Target from", record.get("targetStartDate")),
        ("Target to", record.get("targetEndDate")),
        ("Transactions", ", ".join(types)),
        ("Organisations", ", ".join(filter(None, organisations))),
        ("Segmented by", record.get("segmentationRuleName")),
        ("Entries", record.get("totalJournalEntryCount")),
    )
    return sheet(
        Text("  ").join([text(record["number"], TITLE), status(record["status"])]),
        [(name, text(fact)) for name, fact in facts if fact not in (None, "")],
    )


class Entries:
    """Some of the entries of a run: rows of a table, or two lines for each entry if the table is too wide.

    There may be very many of them: a table of rich's own takes seven times as long.

    Args:
        rows: The cells of each entry, as `row` returns them.
        widths: The width of each column of the table; by default those of these rows.
        headings: Whether the headings are shown above the rows.
    """

    _HEADINGS = ("Entry", "Transaction type", "Amount", "Status", "In accounting")
    _AMOUNT, _STATUS = 2, 3

    def __init__(
        self, rows: Sequence[Sequence[str]], widths: Sequence[int] | None = None, *, headings: bool = True
    ) -> None:
        self._rows, self._headings = rows, headings
        self._widths = reduce(self.widths, rows, self.widths()) if widths is None else widths

    @staticmethod
    def row(entry: Mapping[str, Any]) -> list[str]:
        """Return the cells of an entry."""
        cells = (
            entry["number"],
            entry.get("transactionType") or "",
            format_amount(debits(entry), entry.get("currency")),
            entry["status"],
            entry.get("transferredToAccounting") or "",
        )
        return [one_line(cell) for cell in cells]

    @staticmethod
    def widths(widths: Sequence[int] = (0,) * len(_HEADINGS), row: Sequence[str] = _HEADINGS) -> list[int]:
        """Return the widths of the columns with another row; by default, with the headings alone."""
        return [max(width, cell_len(cell)) for width, cell in zip(widths, row, strict=True)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if sum(self._widths) + 2 * (len(self._widths) - 1) > options.max_width:
            for number, types, amount, state, transferred in self._rows:
                yield Text("  ").join(filter(None, [text(number), text(amount), status(state)]))
                yield Padding(Text.assemble(types, "; in accounting: ", transferred), (0, 0, 0, 2))
            return
        if self._headings:
            yield self._line(self._HEADINGS, TITLE)
        for row in self._rows:
            yield self._line(row)

    def _line(self, row: Sequence[str], style: str = "") -> Text:
        """Return a row of the table."""
        line = Text("", style, no_wrap=True)
        for place, (cell, width) in enumerate(zip(row, self._widths, strict=True)):
            blanks = " " * (width - cell_len(cell))
            if place == self._AMOUNT:
                line.append(f"{blanks}{cell}  ")
            else:
                line.append(cell, _COLORS.get(cell) if place == self._STATUS else None).append(f"{blanks}  ")
        line.rstrip()
        return line


def plan(record: PlanRecord) -> Group:
    """Return what a cancellation would do."""
    number, now = text(record["number"], TITLE), record["status"]
    if not record["allowed"]:
        refused = ", cannot be cancelled now" if record["exitStatus"] else ", nothing to request"
        title = Text.assemble(number, "  ", status(now), refused)
        return sheet(title, [("Why", text(sentences(record["reason"]))), ("Next", text(sentences(record["advice"])))])
    goes = record["cancellable"]
    return sheet(
        Text.assemble(number, "  ", status(now), ", can be cancelled"),
        [
            ("Cancels", _counted(goes)),
            *_staying(record["blocked"]),
            ("Then", text("the run is Cancelled" if record["complete"] else f"the run stays {now}")),
        ],
    )


def _counted(numbers: Sequence[str]) -> Text:
    return text(f"{count_entries(len(numbers))}: {listed(numbers)}" if numbers else "no entry")


def plans(records: Sequence[PlanRecord]) -> Table:
    """Return what the cancellations of several runs would do: a row for each, and the totals."""
    table = _table("Run", "Status", "Entries that go", "Entries that stay", "Amount that goes")
    for record in records:
        if record["allowed"]:
            goes, stays = len(record["cancellable"]), len(record["blocked"])
            counts = f"{goes:,}", Text(f"{stays:,}", _STAYS if stays else "")
            table.add_row(text(record["number"]), status(record["status"]), *counts, _sums(record["amounts"]))
        else:
            table.add_row(text(record["number"]), status(record["status"]))
    table.add_section()
    able = [record for record in records if record["allowed"]]
    table.add_row(
        f"{len(able):,} of {len(records):,}" if len(able) < len(records) else f"{len(able):,} runs",
        "",
        f"{sum(len(record['cancellable']) for record in able):,}",
        f"{sum(len(record['blocked']) for record in able):,}",
        _sums(total(amount for record in able for amount in record["amounts"])),
        style=TITLE,
    )
    return table


def deletion_plans(records: Sequence[DeletionPlanRecord]) -> Table:
    """Return the runs that would be deleted, or cannot be."""
    table = _table("Run", "Status", "Entries")
    for record in records:
        count = record["totalJournalEntryCount"]
        table.add_row(text(record["number"]), status(record["status"]), "" if count is None else f"{count:,}")
    return table


def _table(*headings: str, no_wrap: bool = False) -> Table:
    """Return a table whose first two columns are text, and whose others are numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=TITLE)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < 2 else "right", no_wrap=no_wrap)
    return table


def _sums(amounts: Iterable[Amount]) -> Text:
    return Text("\n").join(
        text(format_amount(each["amount"], each["currency"]) or f"not known {each['currency'] or ''}")
        for each in amounts
    )


def notes(records: Sequence[PlanRecord]) -> list[Text]:
    """Return what a table of plans does not show."""
    said = [
        text(f"{record['number']}: {sentences(record['reason'], record['advice'])}")
        for record in records
        if not record["allowed"]
    ]
    if any(record["allowed"] and record["blocked"] for record in records):
        said.append(text("--dry-run lists the entries that stay, and why."))
    return said


def cancellation(record: CancellationRecord) -> Group:
    """Return what was requested, what the API responded, and what really happened."""
    if record["acknowledged"]:
        said = "success: true, which only means that the run's status allows it"
    else:
        said = "no success: true; but the run's status shows a cancellation"
    not_shown = record["outcome"] == "incomplete" and not record["remaining"]
    verdict, style = _NOT_SHOWN if not_shown else _VERDICTS[record["outcome"]]
    facts = [
        ("Asked", text("to cancel the run and all of its entries")),
        ("API said", text(said)),
        ("Happened", text(_happened(record))),
        *_staying(record["remaining"] or ()),
        *(("But", text(sentences(discrepancy))) for discrepancy in record["discrepancies"]),
    ]
    if record["advice"]:
        facts.append(("Next", text(sentences(record["advice"]))))
    return sheet(Text.assemble(text(record["number"], TITLE), "  ", (verdict, style)), facts)


class Amounts:
    """A table of amounts; or, where that is too wide, a line for each amount, so that no digit is cut off.

    Args:
        headings: The headings. The first two are of texts, the others of amounts.
        rows: The rows.
    """

    def __init__(self, headings: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
        self._headings = headings
        self._rows = list(rows)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = _table(*self._headings, no_wrap=True)
        for row in self._rows:
            table.add_row(*row)
        if Measurement.get(console, options.update(width=10_000), table).maximum <= options.max_width:
            yield table
            return
        for row in self._rows:
            yield Text(", ").join(filter(None, row[:2]))
            yield rows(*zip(self._headings[2:], row[2:], strict=True))


def totals(record: TotalsRecord) -> Amounts:
    """Return debits and credits by transaction type, currency and accounting code, and their sums by currency."""
    found = [
        (
            text(each["transactionType"] or ""),
            text(each["accountingCodeName"] or ""),
            *(text(format_amount(each[side], each["currency"])) for side in _SIDES),
        )
        for each in record["totals"]
    ]
    found += [
        (
            text("All", TITLE),
            Text(),
            *(text(format_amount(each[side], each["currency"]), TITLE) for side in _SIDES),
        )
        for each in record["currencies"]
    ]
    return Amounts(("Transaction type", "Accounting code", "Debits", "Credits"), found)


def transfer_plan(record: TransferPlanRecord) -> Group:
    """Return which entries would be marked."""
    facts = [("Marks", _counted([each["number"] for each in record["marked"]]))]
    before = Counter(each["transferredToAccounting"] or "no value" for each in record["marked"])
    if before:
        facts.append(("Until now", text(", ".join(f"{value}: {count:,}" for value, count in before.items()))))
    facts += _in_doubt(record["number"], record["inDoubt"], "is not marked")
    if record["notes"] is not None:
        facts.append(("Notes", text(record["notes"])))
    if record["already"]:
        facts.append(("Left alone", text(f"{count_entries(len(record['already']))} marked so already")))
    title = Text.assemble(text(record["number"], TITLE), "  ", status(record["status"]), ", mark as ", record["value"])
    return sheet(title, facts)


def transfer(record: TransferRecord) -> Group:
    """Return which entries were marked."""
    unmarked = record["unmarked"]
    verdict, style = ("NOT all entries are marked", _STAYS) if record["exitStatus"] else ("marked", "green")
    facts = [("Marked", Text.assemble(f"as {record['value']}, ", _counted(record["marked"])))]
    if record["already"]:
        facts.append(("Left alone", text(f"{count_entries(len(record['already']))} marked so already")))
    for reason, advice in dict.fromkeys((each["reason"], each["advice"]) for each in unmarked):
        alike = [each["number"] for each in unmarked if (each["reason"], each["advice"]) == (reason, advice)]
        facts.append(("Not marked", Text.assemble((listed(alike), _STAYS), "\n", text(sentences(reason, advice)))))
    facts += _in_doubt(record["number"], record["inDoubt"], "was not marked")
    return sheet(Text.assemble(text(record["number"], TITLE), "  ", (verdict, style)), facts)


def _in_doubt(number: str, entries: Sequence[str], left: str) -> list[tuple[str, Text]]:
    """Return which entries a transfer leaves alone, and what to do about them."""
    if not entries:
        return []
    doubt = f"Processing: somebody may be posting it, so that it {left}. Look for it in the ledger."
    advice = f"If it is there: `zjr transfer {number} --entry {entries[0] if len(entries) == 1 else 'ENTRY'}`"
    return [("In doubt", Text.assemble((listed(entries), _STAYS), "\n", text(sentences(doubt, advice))))]


def rerun_plan(record: RerunPlanRecord) -> Group:
    """Return what would be cancelled, and requested in its place."""
    request = record["request"]
    period = request.get("accountingPeriodName") or f"{request['targetStartDate']} to {request['targetEndDate']}"
    types = ", ".join(each["type"] for each in request["transactionTypes"])
    labels = [each.get("organizationName") or each["organizationId"] for each in request.get("organizationLabels", ())]
    stays = [f"{each['number']} ({each['transferredToAccounting']})" for each in record["remaining"]]
    amounts: list[Amount] = [{"currency": each["currency"], "amount": each["debits"]} for each in record["totals"]]
    facts = [
        ("Cancels", _counted(record["cancellable"])),
        ("Debits", _sums(total(amounts)) if amounts else Text("none")),
    ]
    if stays:
        facts.append(("Stays", Text.assemble((listed(stays), _STAYS))))
    allowed = record["allowed"]
    if not allowed:
        why = f"Not all entries can be cancelled: `zjr cancel {record['number']} --dry-run` says what to do about each."
        facts.append(("Refused", text(f"{why} To let them stay in the old run, use --allow-remaining.")))
    facts += [
        (
            "Then creates" if allowed else "Would create",
            text(f"{types}; {period}; entry date {request['journalEntryDate']}"),
        ),
        *([("For", text(", ".join(labels)))] if labels else []),
    ]
    able = "can be rerun" if allowed else "cannot be rerun now"
    return sheet(Text.assemble(text(record["number"], TITLE), "  ", status(record["status"]), f", {able}"), facts)


def rerun(record: RerunRecord) -> Group:
    """Return what became of a run and of the one in its place."""
    done = record["exitStatus"] == 0
    verdict, style = ("rerun", "green") if done else ("NOT rerun as planned", _STAYS)
    facts = [
        ("Old run", text(f"cancelled, but for {listed(record['remaining'])}" if record["remaining"] else "cancelled")),
        ("New run", Text.assemble(text(record["created"]), "  ", status(record["ending"]))),
        ("Totals", text("the same as before" if record["same"] else "different from before")),
        *(("But", text(sentences(discrepancy))) for discrepancy in record["discrepancies"]),
    ]
    return sheet(Text.assemble(text(record["number"], TITLE), "  ", (verdict, style)), facts)


def total_changes(record: RerunRecord) -> Amounts:
    """Return the totals of the old run and of the new one, and their differences."""
    found = []
    for each in record["totals"]:
        sides = (
            ("debits", each["debitsBefore"], each["debitsAfter"], each["debitsDifference"]),
            ("credits", each["creditsBefore"], each["creditsAfter"], each["creditsDifference"]),
        )
        for side, before, after, difference in sides:
            changed = Decimal(difference)
            sign = "+" if changed > 0 else ""
            found.append(
                (
                    text(each["transactionType"] or ""),
                    text(side),
                    *(text(format_amount(amount, each["currency"])) for amount in (before, after)),
                    text(f"{sign}{format_amount(difference, None)}", _STAYS if changed else ""),
                )
            )
    return Amounts(("Transaction type", "", "Before", "After", "Difference"), found)


def diagnosis(record: DiagnosisRecord) -> Group:
    """Return what was checked and found."""
    wrong = sum(check["verdict"] == "wrong" for check in record["checks"])
    summary = f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong" if wrong else "Nothing is wrong"
    return sheet(
        text(f"{summary}.", TITLE),
        [(check["name"], Text.assemble(_MARKS[check["verdict"]], text(_found(check)))) for check in record["checks"]],
    )


def _found(check: Check) -> str:
    return f"{end_sentence(check['finding'])} {sentences(check['advice'])}" if check["advice"] else check["finding"]


def _happened(record: CancellationRecord) -> str:
    cancelled, remaining = record["cancelled"], record["remaining"]
    if cancelled is None or remaining is None:
        return "not known yet"
    if record["deleted"]:
        cancelled_before = "it was cancelled, then deleted by somebody else"
        return (
            f"the run is gone: {cancelled_before if record['outcome'] == 'complete' else 'it was never seen Cancelled'}"
        )
    total = len(cancelled) + len(remaining)
    if not remaining and record["outcome"] == "incomplete":
        said = "the status of the entries was not shown"
    elif not total:
        said = "there were no entries"
    elif not remaining:
        said = f"{'all ' if total > 1 else 'its '}{count_entries(total)} {'are' if total > 1 else 'is'} cancelled"
    else:
        said = f"{len(cancelled):,} of {count_entries(total)} cancelled, {len(remaining):,} not"
    return f"{said}; the run is {record['status']}"


def _staying(entries: Iterable[RemainingEntry]) -> list[tuple[str, Text]]:
    """Return the entries that stay; those with the same reason and advice share them."""
    alike: dict[tuple[str, str], list[Text]] = {}
    for entry in entries:
        amount = format_amount(entry["amount"], entry["currency"])
        words = [text(entry["number"], _STAYS), text(entry["transactionType"] or ""), text(amount)]
        alike.setdefault((entry["reason"], entry["advice"]), []).append(Text("  ").join(filter(None, words)))
    return [
        ("Stays", Text("\n").join([*lines, text(sentences(reason, advice))]))
        for (reason, advice), lines in alike.items()
    ]


def rows(*pairs: tuple[str, RenderableType]) -> Padding:
    """Return names, each with its meaning beside it."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, meaning in pairs:
        grid.add_row(name, meaning)
    return Padding(grid, (0, 0, 0, 2), expand=False)


def sheet(title: Text, facts: Iterable[tuple[str, RenderableType]]) -> Group:
    """Return a title with named facts below it."""
    return Group(title, rows(*facts))


_SIDES: tuple[Literal["debits"], Literal["credits"]] = ("debits", "credits")
_VERDICTS = {
    "complete": ("cancelled", "green"),
    "incomplete": ("NOT everything is cancelled", "yellow"),
    "accepted": ("cancellation requested; outcome not known yet", ""),
}
_NOT_SHOWN = ("NOT shown to be cancelled", "yellow")
_MARKS = {"ok": ("ok: ", "green"), "wrong": ("WRONG: ", "red"), "unknown": ("?: ", "")}
