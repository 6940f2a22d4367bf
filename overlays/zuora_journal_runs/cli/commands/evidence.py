"""`zjr evidence`."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import click

from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.formatting import count_entries
from zuora_journal_runs.cli.parameters import JSON
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.text import Text

    from zuora_journal_runs.cli.record_types import EvidenceRecord
    from zuora_journal_runs.evidence import EntriesListed, Evidence, Note, Observation, Step

_REQUESTS = {"POST": "create", "PUT": "cancel", "DELETE": "delete"}
_RUN = re.compile("/v1/(?:journal-entries/)?journal-runs/([^/?]+)")
_UPDATE = re.compile("/v1/journal-entries/([^/]+)/basic-information")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@JSON
def evidence(file: str, as_json: bool) -> int:
    """Judge a file of --evidence again, offline.

    It prints what happened, and needs neither network nor credentials. It names a line that was changed, removed or
    moved, and exits with 1. Otherwise the exit status is that of the command that wrote the file; 4 if the file has no
    verdict because the command was interrupted or did not wait.
    """
    from zuora_journal_runs.evidence import read_evidence

    found = read_evidence(file)
    record = records.evidence(found)
    if as_json:
        click.echo(records.line(record))
    else:
        _show(found, record)
    return record["exitStatus"]


def _show(found: Evidence, record: EvidenceRecord) -> None:
    from zuora_journal_runs.cli import render

    started = datetime.fromisoformat(found.started)
    header = found.header
    where = [("Entity", header.entity), ("Organisations", header.organizations)]
    show(
        render.sheet(
            render.text(found.run or "a run whose number is not known", render.TITLE),
            [
                ("Started", render.text(f"{started:%Y-%m-%d %H:%M:%S} UTC, zuora-journal-runs {found.package}")),
                ("Contract", render.text(f"{found.contract['version']}, SHA-256 {found.contract['sha256'][:16]}...")),
                ("Host", render.text(header.host)),
                *((name, render.text(value)) for name, value in where if value),
            ],
        ),
        "",
        render.rows(*((time, render.text(happened)) for time, happened in _story(found))),
        "",
        render.sheet(
            render.text(record["summary"], render.TITLE),
            [
                *(("But", render.text(discrepancy)) for discrepancy in record["discrepancies"]),
                *(_posted(found) if found.header.operation == "post" else ()),
                ("Checked", render.text(f"{_responses(len(found.steps))} judged again; the chain of hashes is intact")),
                ("Last hash", render.text(found.last_hash)),
            ],
        ),
    )


def _posted(found: Evidence) -> Iterator[tuple[str, Text]]:
    """Yield how far a posting is: how many entries are posted, and which are not, or may not be."""
    from zuora_journal_runs.cli import render
    from zuora_journal_runs.evidence import judge_posting

    judgement = judge_posting(found.history)
    done = {"Posted": judgement.posted, "Before": judgement.already, "Left alone": judgement.left}
    others = {"Failed": judgement.failed, "In doubt": judgement.in_doubt, "Not posted": judgement.open}
    for kind, numbers in {**done, **others}.items():
        which = f": {records.listed(numbers)}" if kind in others else ""
        if numbers:
            yield kind, render.text(f"{count_entries(len(numbers))}{which}")


def _responses(count: int) -> str:
    return "1 response" if count == 1 else f"{count:,} responses"


def _story(found: Evidence) -> Iterator[tuple[str, str]]:
    """Yield what was observed and when. A poll is one line, and so are equal polls in a row."""
    from zuora_journal_runs.evidence import EntriesListed, EntriesRefused, RunSeen, Step

    lines: list[tuple[float, str]] = []
    before: Observation | None = None
    values: dict[str, str] = {}
    for step in found.events:
        if not isinstance(step, Step):
            lines += _noted(step, values)
            continue
        text = _describe(step, found, values)
        if text is None:
            continue
        if isinstance(before, RunSeen) and isinstance(step.observation, EntriesListed | EntriesRefused):
            at, seen = lines.pop()
            lines.append((at, f"{seen}; {text}"))
        else:
            lines.append((step.at, text))
        before = step.observation
    for text, group in groupby(lines, key=lambda each: each[1]):
        times = [at for at, _ in group]
        again = f" ({len(times)} times)" if len(times) > 1 else ""
        yield f"{datetime.fromtimestamp(times[0], UTC):%H:%M:%S}", f"{text}{again}"


def _noted(note: Note, values: dict[str, str]) -> Iterator[tuple[float, str]]:
    """Yield what a program noted of a posting; keep in `values` what each entry is marked with next."""
    from zuora_journal_runs.evidence import Planned, PostingNoted

    if isinstance(note, Planned) and note.plan["operation"] == "transfer":
        values.update(dict.fromkeys(note.plan["details"]["entries"], note.plan["details"]["value"]))
    elif isinstance(note, PostingNoted):
        happened, values[note.entry] = _NOTED[note.step]
        if happened:
            yield note.at, happened.format(entry=note.entry)


_NOTED = {
    "claimed": ("", "Processing"),
    "begun": ("{entry} is being posted", "Yes"),
    "posted": ("{entry} is posted", "Yes"),
    "failed": ("{entry} is not posted: that failed", "Error"),
    "not posted": ("{entry} was found not to be posted", "Processing"),
}
"""What a note of a posting says, and what the entry is marked with next."""


def _describe(step: Step, found: Evidence, values: Mapping[str, str]) -> str | None:
    from zuora_journal_runs import evidence as proof

    seen = step.observation
    named = _RUN.match(step.path)
    # A rerun has two runs.
    run = "the run" if named is None or named[1] == found.run else named[1]
    match seen:
        case None:
            text = None
        case proof.Accepted():
            text = f"{seen.request} requested and accepted"
        case proof.RunSeen():
            text = f"{run} is {seen.status}"
        case proof.RunNotFound():
            text = f"{run} is not found"
        case proof.EntriesListed():
            text = f"{count_entries(len(seen.entries))} listed, {_counts(seen, found.header.operation)}"
        case proof.EntriesRefused():
            text = f"the entries cannot be listed: {seen.problem}"
        case proof.EntryUpdated():
            text = f"{seen.entry} marked as {values[seen.entry]}, and accepted"
        case _ if update := _UPDATE.match(step.path):
            text = f"{update[1]} marked as {values[update[1]]}, but not shown to be accepted: {seen.problem}"
        case _ if step.method in _REQUESTS:
            text = f"{_REQUESTS[step.method]} requested, but not shown to be accepted: {seen.problem}"
        case _:
            text = f"a response that proves nothing: {seen.problem}"
    return text


def _counts(seen: EntriesListed, operation: str) -> str:
    """Return how many entries are cancelled; or, where they are posted or marked, how many have which mark."""
    states = Counter(seen.entries.values())
    cancelled = sum(count for (status, _), count in states.items() if status == "Cancelled")
    if operation not in ("post", "transfer"):
        return f"{cancelled:,} cancelled"
    marks: Counter[str] = Counter()
    for (status, transferred), count in states.items():
        marks["cancelled" if status == "Cancelled" else transferred or "no mark"] += count
    return ", ".join(f"{count:,} {mark}" for mark, count in sorted(marks.items()))
