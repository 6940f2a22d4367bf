"""Evidence files beside HAR files: what a client wrote of honest traffic is not blamed, and lies in it are found."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from itertools import pairwise, product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clock import FakeClock

from zuora_journal_runs import JournalRunsClient
from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.contract.document import load
from zuora_journal_runs.contract.exchange import UNKNOWN, Exchange
from zuora_journal_runs.contract.replay import Judge, Unreadable, judge_files, read
from zuora_journal_runs.contract.replay.evidence import exchanges
from zuora_journal_runs.emulator import Emulator, Settings
from zuora_journal_runs.errors import JournalRunsError
from zuora_journal_runs.evidence import read_evidence
from zuora_journal_runs.evidence._file import chained

from .mutants import MUTANTS
from .provider import ENTITY, emulator_for_the_suite

if TYPE_CHECKING:
    from .provider import Handler

DATES: Any = {"target_start_date": "2026-10-01", "target_end_date": "2026-10-31"}


def month(folder: Path, emulator: Emulator, handler: Handler, *, transferred: bool = False) -> list[Path]:
    """Create, cancel and delete a run, as far as the provider lets that happen; return the evidence files."""
    create, cancel, delete = paths = [folder / f"{name}.jsonl" for name in ("create", "cancel", "delete")]
    client = JournalRunsClient(
        emulator.url,
        client_id=emulator.client_id,
        client_secret=emulator.client_secret,
        entity_id=ENTITY,
        clock=FakeClock(),
        random=Random(1),
        transport=httpx.MockTransport(handler),
    )
    with client:
        try:
            made = client.create(["Invoice Item"], "2026-10-31", **DATES, evidence=create)
            client.wait_for_completion(made, evidence=create)
            number = made.journal_run_number
            if transferred:
                emulator.mark_transferred(client.entries(number)[0].number)
            client.cancel_and_wait(number, evidence=cancel)
            client.delete(number, wait=True, evidence=delete)
        except JournalRunsError:
            pass  # What a lie leads to is not the matter here.
    return [path for path in paths if path.exists()]


def honest(folder: Path, emulator: Emulator | None = None, **options: Any) -> list[Path]:
    emulator = emulator or emulator_for_the_suite()
    return month(folder, emulator, emulator.transport().handle_request, **options)


def unexpected(each: Unreadable) -> None:
    raise AssertionError(each)


@settings(max_examples=25)
@given(
    pace=st.sampled_from(["polls:1", "polls:2/3", "polls:5"]),
    faults=st.lists(
        st.sampled_from(["get:20%:status-503", "entries:20%:html-502", "cancel:1:reset", "create:1:status-500", "delete:1:no-success"]),
        unique=True,
    ),
    transferred=st.booleans(),
)  # fmt: skip
def test_what_a_client_writes_of_an_honest_provider_is_not_blamed(
    pace: str, faults: list[str], transferred: bool
) -> None:
    emulator = Emulator(pacing=pace, seed=(), settings=Settings(entity_ids=frozenset({ENTITY})))
    for fault in faults:
        emulator.add_fault(fault)
    with TemporaryDirectory() as folder:
        paths = honest(Path(folder), emulator, transferred=transferred)
        report = judge_files(paths, on_unreadable=unexpected)
        assert [finding.title for finding in report.findings] == []
        assert report.calls == sum(len(read_evidence(path).steps) for path in paths) > 0


@pytest.mark.parametrize(
    ("mutant", "said"),
    [
        ("always the same request id", "was used before"),
        ("a short request id", "is shorter than 36 characters"),
        ("another request id in the body", "and requestId in the body is '0"),
        ("an undocumented status", "the status 202, not one of 200, 4XX, 500"),
        ("an unknown status", "status: 'Canceled', not one of Pending"),
        ("reasons for a success", "reasons for a success"),
        ("executed yesterday", "executedOn: 'yesterday'"),
        ("entries that do not balance", "debits 1.00 and credits 0 USD"),
        ("deletes nothing", "it is Cancelled, and can only be DeleteInprogress, gone"),
        ("a run that comes back", "it is DeleteInprogress, and can only be gone"),
        ("Cancelled, with an entry left", "is Cancelled, and its entry JE-00000002 is Created"),
    ],
)
def test_what_the_responses_of_a_liar_show_is_found(tmp_path: Path, mutant: str, said: str) -> None:
    emulator = emulator_for_the_suite()
    paths = month(tmp_path, emulator, MUTANTS[mutant][1](emulator, emulator.transport().handle_request))
    findings = judge_files(paths, on_unreadable=unexpected).findings
    assert any(said in finding.title for finding in findings), [finding.title for finding in findings]
    for finding in findings:
        assert finding.curl.startswith(tuple(f"{path}, line " for path in paths))


def test_an_exchange_has_what_the_file_has_and_no_more(tmp_path: Path) -> None:
    path, *_ = honest(tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    header, created, polled = lines[0], lines[1], lines[2]
    first, second, *_ = read(path)
    assert isinstance(first, Exchange)
    assert isinstance(second, Exchange)
    assert (first.method, first.path, first.status, first.source) == (
        "POST",
        "/v1/journal-runs",
        200,
        f"{path}, line 2",
    )
    assert first.body == json.loads(created["body"])
    assert first.request_body is None
    assert first.headers == {"zuora-request-id": [created["requestId"]]}
    assert not first.all_headers
    assert first.request_headers == {
        "zuora-entity-ids": ENTITY,
        "zuora-track-id": created["trackId"],
        "idempotency-key": header["idempotencyKey"],
    }
    assert second.request_headers == {"zuora-entity-ids": ENTITY, "zuora-track-id": polled["trackId"]}
    assert first.host == header["host"]
    times = [datetime.fromisoformat(line["at"]).timestamp() for line in lines if line["kind"] != "verdict"]
    assert times[0] < times[-1]
    assert [(each.began, each.ended) for each in read(path) if isinstance(each, Exchange)] == list(pairwise(times))


def test_what_was_lost_or_proved_nothing_has_no_body(tmp_path: Path) -> None:
    emulator = emulator_for_the_suite()
    emulator.add_fault("cancel:1:reset-after")
    paths = honest(tmp_path, emulator)
    lost = [each for path in paths for each in read(path) if isinstance(each, Exchange) and not each.status]
    assert [(each.method, each.body, each.headers) for each in lost] == [("PUT", UNKNOWN, {})]


def replay(*paths: Path) -> Any:
    return CliRunner().invoke(zjr, ["contract", "replay", *map(str, paths)])


def test_a_broken_file_is_named_and_the_others_are_judged(tmp_path: Path) -> None:
    create, cancel, delete = honest(tmp_path)
    whole = replay(create, cancel, delete)
    assert (whole.exit_code, whole.stderr) == (0, "")
    assert "10 passed, 0 failed" in whole.stdout
    lines = cancel.read_bytes().splitlines(keepends=True)
    cancel.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    done = replay(create, cancel, delete)
    assert done.exit_code == 2
    assert done.stderr == f"zjr: {cancel}: line 3 was changed, or a line before it was removed or moved\n"
    assert "10 passed, 0 failed" in done.stdout


def test_the_first_line_that_is_wrong_is_named(tmp_path: Path) -> None:
    _, path, _ = honest(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines):
        removed = [] if number + 1 < len(lines) else [line[:-90]]
        for instead in ([line.replace(b":", b": ", 1)], removed):
            path.write_bytes(b"".join([*lines[:number], *instead, *lines[number + 1 :]]))
            (found,) = read(path)
            assert isinstance(found, Unreadable)
            assert found.message.startswith(f"line {number + 1} "), found


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    7,
    1.5,
    "",
    "x",
    [],
    [None],
    {},
    "2000-01-01T00:00:00+00:00",
    f"/v1/journal-runs?page={'9' * 5000}",
)


def test_whoever_forges_the_chain_too_crashes_nothing(tmp_path: Path) -> None:
    emulator = emulator_for_the_suite()
    emulator.add_fault("cancel:1:reset-after")
    _, path, _ = honest(tmp_path, emulator)
    written = [json.loads(line) for line in path.read_text().splitlines()]
    for line in written:
        del line["sha256"]
    assert {line["kind"] for line in written} == {"header", "problem", "response", "verdict"}
    judge = Judge(load())
    for number, line in enumerate(written):
        for name, odd in product(line, ODD):
            content, digest = "", ""
            for each in [*written[:number], {**line, name: odd}, *written[number + 1 :]]:
                text, digest = chained(each, digest)
                content += text
            for found in exchanges(content.encode(), "forged.jsonl") or ():
                if isinstance(found, Exchange):
                    assert (found.began or 0) <= (found.ended or 0)
                    judge.add(found)
                else:
                    assert found.message.startswith("line ")
    judge.finish()


def test_a_header_without_end_is_named() -> None:
    text = f'{{"kind":"header","at":{"[" * 100_000}}}'
    digest = hashlib.sha256(text.encode()).hexdigest()
    (found,) = exchanges(f'{text[:-1]},"sha256":"{digest}"}}\n'.encode(), "deep.jsonl") or [None]
    assert found == Unreadable("deep.jsonl", "line 1 is not a line of an evidence file of this format")
