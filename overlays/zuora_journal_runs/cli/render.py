"""Answers as text, for a person who closes books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .formatting import count_entries, end_sentence, format_amount, one_line, sentences
from .records import debits, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from .records import (
        Amount,
        CancellationRecord,
        Check,
        DeletionPlanRecord,
        DiagnosisRecord,
        EntrySummary,
        PlanRecord,
    )

TITLE = "bold"
_COLOURS = {"Cancelled": "green", "Error": "red"}
_STAYS = "yellow"
_LISTED = 10
"""Entries that a plan names; of more it says how many."""


def text(words: object, style: str = "") -> Text:
    """Words that may be the API's, made harmless for a terminal."""
    return Text(one_line(words), style)


def status(name: str) -> Text:
    """A status of Zuora's."""
    return text(name, _COLOURS.get(name, ""))


def run(record: Mapping[str, Any]) -> Group:
    """A run's facts, as far as they are known."""
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
    """A run's entries: a table, or where that is too wide, two lines for each.

    Args:
        entries: The entries as the API gives them.
    """

    _HEADINGS = ("Entry", "Transaction type", "Amount", "Status", "In accounting")

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._rows = [
            (
                text(entry["number"]),
                text(entry.get("transactionType") or ""),
                text(format_amount(debits(entry), entry.get("currency"))),
                status(entry["status"]),
                text(entry.get("transferredToAccounting") or ""),
            )
            for entry in entries
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=TITLE)
        for heading in self._HEADINGS:
            table.add_column(heading, no_wrap=True, justify="right" if heading == "Amount" else "left")
        for row in self._rows:
            table.add_row(*row)
        if Measurement.get(console, options.update(width=10_000), table).maximum <= options.max_width:
            yield table
            return
        for number, types, amount, state, transferred in self._rows:
            yield Text("  ").join(filter(None, [number, amount, state]))
            yield Padding(Text.assemble(types, "; in accounting: ", transferred), (0, 0, 0, 2))


def plan(record: PlanRecord) -> Group:
    """What a cancellation would do."""
    number, now = text(record["number"], TITLE), record["status"]
    if not record["allowed"]:
        title = Text.assemble(number, "  ", status(now), ", and cannot be cancelled now")
        return sheet(title, [("Why", text(sentences(record["reason"]))), ("Next", text(sentences(record["advice"])))])
    goes = record["cancellable"]
    listed = ", ".join(goes[:_LISTED]) + (f" and {len(goes) - _LISTED:,} more" if len(goes) > _LISTED else "")
    return sheet(
        Text.assemble(number, "  ", status(now), ", and can be cancelled"),
        [
            ("Cancels", text(f"{count_entries(len(goes))}: {listed}" if goes else "no entry")),
            *_staying(record["blocked"]),
            ("Then", text("the run is Cancelled" if record["complete"] else f"the run stays {now}")),
        ],
    )


def plans(records: Sequence[PlanRecord]) -> Table:
    """What the cancellations of several runs would do: a row for each, and below them what they come to."""
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
    """The runs that would be deleted, or cannot be."""
    table = _table("Run", "Status", "Entries")
    for record in records:
        count = record["totalJournalEntryCount"]
        table.add_row(text(record["number"]), status(record["status"]), "" if count is None else f"{count:,}")
    return table


def _table(*headings: str) -> Table:
    """A table whose first two columns are words, and whose others are numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=TITLE)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < 2 else "right")
    return table


def _sums(amounts: Iterable[Amount]) -> Text:
    return Text("\n").join(
        text(format_amount(each["amount"], each["currency"]) or f"not known {each['currency'] or ''}")
        for each in amounts
    )


def notes(records: Sequence[PlanRecord]) -> list[Text]:
    """What a table of plans leaves open."""
    said = [
        text(f"{record['number']}: {sentences(record['reason'], record['advice'])}")
        for record in records
        if not record["allowed"]
    ]
    if any(record["allowed"] and record["blocked"] for record in records):
        said.append(text("With --dry-run it names the entries that stay, and says why."))
    return said


def cancellation(record: CancellationRecord) -> Group:
    """What was asked, what the API said, and what really happened."""
    if record["acknowledged"]:
        said = "success: true, which says only that the run's status allows it"
    else:
        said = "no success: true; the run's own status tells of a cancellation"
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


def diagnosis(record: DiagnosisRecord) -> Group:
    """What was looked at, and what was found."""
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
        cancelled_before = "it was cancelled, and then deleted by somebody"
        return f"the run is gone: {cancelled_before if record['outcome'] == 'complete' else 'nobody saw it cancelled'}"
    total = len(cancelled) + len(remaining)
    if not remaining and record["outcome"] == "incomplete":
        said = "what became of the entries was not shown"
    elif not total:
        said = "there were no entries"
    elif not remaining:
        said = f"{'all ' if total > 1 else 'its '}{count_entries(total)} {'are' if total > 1 else 'is'} cancelled"
    else:
        said = f"{len(cancelled):,} of {count_entries(total)} cancelled, {len(remaining):,} not"
    return f"{said}; the run is {record['status']}"


def _staying(entries: Iterable[EntrySummary]) -> list[tuple[str, Text]]:
    """The entries that stay; why, and what to do, is said once for all that share it."""
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
    """Names, and beside each what it stands for."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, meaning in pairs:
        grid.add_row(name, meaning)
    return Padding(grid, (0, 0, 0, 2), expand=False)


def sheet(title: Text, facts: Iterable[tuple[str, RenderableType]]) -> Group:
    """A title, and named facts below it."""
    return Group(title, rows(*facts))


_VERDICTS = {
    "complete": ("cancelled", "green"),
    "incomplete": ("NOT everything is cancelled", "yellow"),
    "accepted": ("accepted, and not known yet what that did", ""),
}
_NOT_SHOWN = ("NOT shown to be cancelled", "yellow")
_MARKS = {"ok": ("ok: ", "green"), "wrong": ("WRONG: ", "red"), "unknown": ("?: ", "")}
