"""Evidence files: judged again they give the same outcome, and what was changed in them is found."""

from __future__ import annotations

import json
import os
import stat
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from tests.client.world import URL, Async, Sync, answer, refusal, run
from tests.clock import FakeClock

from zuora_journal_runs import JournalRunsClient, errors, evidence
from zuora_journal_runs.emulator import Clock, Emulator, SeedRun
from zuora_journal_runs.evidence import _file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.client.world import Kind

RUN = "JR-00000075"
SCHEMA = Draft202012Validator(json.loads((Path(_file.__file__).parent / "evidence.schema.json").read_text()))


@pytest.fixture(params=[Sync(), Async()], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def page(*statuses: str, transferred: str = "No") -> httpx.Response:
    entries = [
        {"number": f"JE-{number}", "status": status, "transferredToAccounting": transferred}
        for number, status in enumerate(statuses)
    ]
    return answer(body={"success": True, "journalEntries": entries})


class Server:
    """Runs and entries in turn, the last one for ever; everything else is accepted."""

    def __init__(self, runs: list[httpx.Response], entries: list[httpx.Response]) -> None:
        self.runs, self.entries = runs, entries

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return answer(body={"success": True, "journalRunNumber": RUN})
        if request.method != "GET":
            return answer()
        responses = self.entries if "journal-entries" in request.url.path else self.runs
        given = responses.pop(0) if len(responses) > 1 else responses[0]
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)


def story() -> Server:
    """The documented case, with a response that proves nothing in the middle."""
    return Server(
        [run("CancelInprogress"), answer(404, {"message": "no Route matched with those values"}), run("Completed")],
        [page("Cancelled", "Created", transferred="Yes")],
    )


def cancel_with(client: Any, **arguments: Any) -> Any:
    return client.cancel_and_wait(RUN, **arguments)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "close.jsonl"


@pytest.fixture
def written(kind: Kind, file: Path) -> Path:
    kind.use(story(), lambda client: client.cancel_and_wait(RUN, evidence=file), token="sEcReT")
    return file


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_what_is_written(written: Path) -> None:
    found = lines(written)
    assert [line["kind"] for line in found] == [
        "header", "response", "response", "problem", "response", "response", "response", "response", "verdict",
    ]  # fmt: skip
    for line in found:
        SCHEMA.validate(line)
    assert {key: found[0][key] for key in ("operation", "host", "run", "entity")} == {
        "operation": "cancel",
        "host": "rest.example.com",
        "run": RUN,
        "entity": None,
    }
    assert (found[3]["status"], found[3]["problem"]) == (404, "HTTP 404 without Zuora's error form")
    assert "body" not in found[3]
    # A body that did not change is not written again.
    assert ["body" in line for line in found[4:8]] == [True, True, False, False]
    assert all(line["requestId"] and line["trackId"] for line in found if line["kind"] == "response")
    assert found[-1]["verdict"] == "incomplete"
    assert found[-1]["remaining"] == ["JE-1"]
    assert "sEcReT" not in written.read_text(encoding="utf-8")
    assert os.name != "posix" or stat.S_IMODE(written.stat().st_mode) == 0o600


def test_it_is_judged_again(written: Path) -> None:
    found = evidence.read_evidence(written)
    assert found.run == RUN
    assert found.conclusion is not None
    assert found.conclusion.facts["verdict"] == "incomplete"
    assert found.last_hash == lines(written)[-1]["sha256"]
    judged = evidence.judge_cancellation(found.observations)
    assert (judged.verdict, judged.remaining) == (evidence.Verdict.INCOMPLETE, ("JE-1",))
    assert [step.method for step in found.steps] == ["PUT", *["GET"] * 6]


def changed_bytes(content: bytes) -> Iterator[bytes]:
    for index, byte in enumerate(content):
        for other in {byte ^ 1, 0x0A, 0x20, 0x80} - {byte}:
            yield content[:index] + bytes([other]) + content[index + 1 :]


def test_every_changed_byte_is_found(file: Path) -> None:
    Sync().use(story(), lambda client: client.cancel_and_wait(RUN, evidence=file))
    content = file.read_bytes()
    for changed in changed_bytes(content):
        with pytest.raises(errors.EvidenceError, match=r"line \d+ "):
            _file._Reading("close.jsonl").evidence(changed)


def test_every_line_that_is_removed_or_moved_is_found(file: Path) -> None:
    Sync().use(story(), lambda client: client.cancel_and_wait(RUN, evidence=file))
    whole = file.read_bytes().splitlines(keepends=True)
    for index in range(len(whole) - 1):
        removed = whole[:index] + whole[index + 1 :]
        swapped = [*whole[:index], whole[index + 1], whole[index], *whole[index + 2 :]]
        for broken in (removed, swapped):
            with pytest.raises(errors.EvidenceError) as caught:
                _file._Reading("close.jsonl").evidence(b"".join(broken))
            assert caught.value.line == index + 1
    # Without its verdict a file is unfinished.
    assert _file._Reading("close.jsonl").evidence(b"".join(whole[:-1])).conclusion is None
    for nothing in (b"", b"\n", b"{}\n"):
        with pytest.raises(errors.EvidenceError):
            _file._Reading("close.jsonl").evidence(nothing)


def rewritten(file: Path, change: Any) -> bytes:
    """The file with lines changed, and all of its hashes right."""
    before, text = "", ""
    for line in lines(file):
        line.pop("sha256")
        change(line)
        chained, before = _file.chained(line, before)
        text += chained
    return text.encode()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda line: line.update(verdict="complete") if line["kind"] == "verdict" else None, "says complete, and"),
        (lambda line: line.update(remaining=[]) if line["kind"] == "verdict" else None, "says incomplete, and"),
        (lambda line: line.update(format=2) if line["kind"] == "header" else None, "of format 1"),
        (lambda line: line.update(kind="response") if line["kind"] == "header" else None, "of format 1"),
        (lambda line: line.update(at=5), "is not a line of an evidence file"),
        (lambda line: line.pop("path", None), "is not a line of an evidence file"),
        (lambda line: line.update(body="{}") if "body" in line else None, "not what its checksum says"),
        (lambda line: line.pop("body", None), "refers to a body that is not in the file"),
    ],
)
def test_a_file_that_is_wrong_in_itself(written: Path, change: Any, problem: str) -> None:
    with pytest.raises(errors.EvidenceError, match=problem):
        _file._Reading("close.jsonl").evidence(rewritten(written, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.update(plan=[]) if line["kind"] == "plan" else None,
        lambda line: line.update(step="begin") if line["kind"] == "creation" else None,
        lambda line: line.update(idempotencyKey=None) if line["kind"] == "creation" else None,
        lambda line: line.pop("idempotencyKey", None) if line["kind"] == "creation" else None,
    ],
)
def test_notes_that_are_wrong_in_themselves(file: Path, change: Any) -> None:
    emulator = Emulator(clock=Clock(running=False), seed=[SeedRun(number=RUN, entries=1)])
    with emulator.client() as client:
        client.rerun(RUN, evidence=file)
    content = rewritten(file, lambda line: None)  # noqa: ARG005
    assert _file._Reading("close.jsonl").evidence(content).conclusion is not None
    with pytest.raises(errors.EvidenceError, match="is not a line of an evidence file"):
        _file._Reading("close.jsonl").evidence(rewritten(file, change))


def test_a_verdict_that_was_not_shown_is_found(kind: Kind, file: Path) -> None:
    kind.use(Server([run("Cancelled")], [page("Cancelled")]), lambda c: c.cancel_and_wait(RUN, evidence=file))

    def change(line: dict[str, Any]) -> None:
        if "body" in line:
            line["body"] = line["body"].replace('"Cancelled"', '"Completed"')
            line["bodySha256"] = _file._digest(line["body"])

    with pytest.raises(errors.EvidenceError, match="says complete, and the lines before it show unknown"):
        _file._Reading("close.jsonl").evidence(rewritten(file, change))


def test_a_wait_goes_on_with_the_file_of_another_process(kind: Kind, file: Path) -> None:
    server = Server([run("CancelInprogress")], [page("Created")])
    for _ in range(2):
        with pytest.raises(errors.CancellationTimeoutError):
            kind.use(server, lambda client: client.cancel_and_wait(RUN, timeout=20, evidence=file))
        assert evidence.read_evidence(file).conclusion is None
    # Killed while it wrote a line.
    with file.open("ab") as appending:
        appending.write(b'{"kind":"respo')
    with pytest.raises(errors.EvidenceError, match="is cut off or was changed"):
        evidence.read_evidence(file)
    server = Server([run("Cancelled")], [page("Cancelled")])
    outcome = kind.use(server, lambda client: client.wait_for_cancellation(RUN, evidence=file))
    assert outcome.complete
    found = evidence.read_evidence(file)
    assert found.conclusion is not None
    assert found.conclusion.facts["verdict"] == "complete"
    assert found.history.accepted == {"cancel"}


def requested(emulator: Emulator) -> int:
    return sum(request.method == "PUT" for request in emulator.requests)


def test_a_cancellation_is_resumed_with_its_file(file: Path) -> None:
    """It is not requested again. Without the file, nobody can know who requested it."""
    with Emulator(pacing="held") as emulator, emulator.waits(), emulator.client() as client:
        with pytest.raises(errors.CancellationTimeoutError):
            client.cancel_and_wait("JR-00000075", timeout=20, evidence=file)
        with pytest.raises(errors.RuleViolationError):
            client.cancel_and_wait("JR-00000075", timeout=20)
        emulator.release("JR-00000075")
        before = requested(emulator)
        outcome = client.cancel_and_wait("JR-00000075", evidence=file)
        assert (len(outcome.cancelled), len(outcome.remaining)) == (9, 1)
        assert requested(emulator) == before
        # Now its outcome is known: to call it again is to request another cancellation.
        with pytest.raises(errors.CancellationTimeoutError):
            client.cancel_and_wait("JR-00000075", timeout=20, evidence=file)
        assert requested(emulator) == before + 1


def test_a_cancellation_whose_response_was_lost_with_the_process_is_joined(file: Path) -> None:
    with Emulator(pacing="held") as emulator, emulator.waits(), emulator.client() as client:
        with pytest.raises(errors.CancellationTimeoutError):
            client.cancel_and_wait("JR-00000075", timeout=20, evidence=file)
        header, _, _ = file.read_bytes().partition(b"\n")
        file.write_bytes(header + b"\n")
        with pytest.raises(errors.CancellationTimeoutError):
            client.cancel_and_wait("JR-00000075", timeout=20, evidence=file)


def test_what_another_process_saw_counts(kind: Kind, file: Path) -> None:
    """It saw the run Cancelled; a lagging replica does not undo that."""
    with pytest.raises(errors.CancellationTimeoutError):
        kind.use(
            Server([run("Cancelled")], [answer(503)]),
            lambda client: client.wait_for_cancellation(RUN, timeout=9, evidence=file),
        )
    server = Server([run("Completed"), run("Completed"), run("Cancelled")], [page("Cancelled")])
    assert kind.use(server, lambda client: client.wait_for_cancellation(RUN, evidence=file)).complete


def test_a_wait_goes_on_after_a_listing_that_was_refused(kind: Kind, file: Path) -> None:
    with pytest.raises(errors.CancellationTimeoutError):
        kind.use(
            Server([run("Completed")], [page("Created"), refusal("50000030")]),
            lambda client: client.wait_for_cancellation(RUN, timeout=20, evidence=file),
        )
    server = Server([run("Cancelled")], [page("Cancelled")])
    assert kind.use(server, lambda client: client.wait_for_cancellation(RUN, evidence=file)).complete


def test_creating_and_waiting_with_one_file(kind: Kind, file: Path) -> None:
    sent: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            sent.append(request.headers["Idempotency-Key"])
            if len(sent) < 6:
                raise httpx.ReadTimeout("lost")
        return Server([run("Completed")], [])(request)

    def create(client: Any) -> Any:
        return client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026", evidence=file)

    with pytest.raises(errors.ResponseLostError):
        kind.use(handler, create)
    assert evidence.read_evidence(file).run is None
    # The key is in the file, so that the same run is created, not another one.
    assert kind.use(handler, create).journal_run_number == RUN
    assert len(set(sent)) == 1
    # What was created is not created again.
    assert kind.use(handler, create).journal_run_number == RUN
    assert len(sent) == 6
    assert kind.use(handler, lambda client: client.wait_for_completion(RUN, evidence=file)).complete
    found = evidence.read_evidence(file)
    assert found.run == RUN
    assert found.conclusion is not None
    assert (found.conclusion.about, found.conclusion.facts["verdict"]) == ("completion", "Completed")


def test_a_creation_is_not_repeated_when_its_key_is_forgotten(kind: Kind, file: Path) -> None:
    def create(client: Any) -> Any:
        return client.create(["Invoice Item"], "2026-04-30", accounting_period_name="Apr 2026", evidence=file)

    def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("lost")

    with pytest.raises(errors.ResponseLostError):
        kind.use(lost, create)
    late = FakeClock()
    late.now += 25 * 3600
    with pytest.raises(errors.InvalidArgumentError, match="was begun a day ago"):
        kind.use(lost, create, clock=late)


def test_deleting(kind: Kind, file: Path) -> None:
    gone = refusal("50000040", "Cannot find entity by key.")
    kind.use(Server([run("Cancelled"), gone], []), lambda client: client.delete(RUN, wait=True, evidence=file))
    found = evidence.read_evidence(file)
    assert found.conclusion is not None
    assert (found.conclusion.about, found.conclusion.facts["verdict"]) == ("deletion", "gone")
    assert evidence.judge_deletion(found.observations)
    for line in lines(file):
        SCHEMA.validate(line)


def test_a_listing_of_two_pages(kind: Kind, file: Path) -> None:
    """The first page by itself shows nothing, and is a step of its own."""

    def handler(request: httpx.Request) -> httpx.Response:
        if "journal-entries" not in request.url.path:
            return answer() if request.method == "PUT" else run("Cancelled")
        number = int(request.url.params.get("page", "1"))
        entry = {"number": f"JE-{number}", "status": "Cancelled", "transferredToAccounting": "No"}
        following = str(request.url.copy_set_param("page", 2)) if number == 1 else None
        return answer(body={"success": True, "journalEntries": [entry], "nextPage": following})

    kind.use(handler, lambda client: client.cancel_and_wait(RUN, evidence=file))
    found = evidence.read_evidence(file)
    assert [step.observation is None for step in found.steps] == [False, False, True, False]
    assert evidence.judge_cancellation(found.observations).cancelled == ("JE-1", "JE-2")


def test_many_runs_have_a_file_each(kind: Kind, tmp_path: Path) -> None:
    folder = tmp_path / "november" / "evidence"

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return answer()
        number = request.url.path[-11:]
        return page("Cancelled") if "entries" in request.url.path else run("Cancelled", number=number)

    numbers = [RUN, "JR-00000076"]
    results = kind.use(handler, lambda client: client.cancel_many(numbers, evidence=folder))
    assert all(result.complete for result in results)
    for number in numbers:
        found = evidence.read_evidence(folder / f"{number}.jsonl")
        assert found.run == number
        assert found.history.accepted == {"cancel"}
        assert found.conclusion is not None
    (tmp_path / "taken").write_text("")
    (result,) = kind.use(handler, lambda client: client.cancel_many([RUN], evidence=tmp_path / "taken"))
    assert isinstance(result.error, errors.InvalidArgumentError)


def test_a_file_of_something_else_is_refused_before_anything_is_sent(kind: Kind, written: Path, file: Path) -> None:
    def nothing(_: httpx.Request) -> httpx.Response:
        raise AssertionError("a request was sent")

    def refused(match: str, number: str = RUN, **options: Any) -> None:
        before = written.read_bytes()
        with pytest.raises(errors.InvalidArgumentError, match=match):
            kind.use(nothing, lambda client: client.cancel_and_wait(number, evidence=file), **options)
        assert written.read_bytes() == before

    refused("is evidence for the run JR-00000075, not JR-00000076", number="JR-00000076")
    refused("for the entity none, not 42", entity_id="42")
    refused("for the organisations none, not a,b", org_ids="a,b")
    with pytest.raises(errors.InvalidArgumentError, match=r"for the host rest\.example\.com, not rest\.zuora\.com"):
        JournalRunsClient(
            "https://rest.zuora.com", token="t", transport=httpx.MockTransport(nothing)
        ).wait_for_cancellation(RUN, evidence=file)
    written.write_bytes(written.read_bytes().replace(b"Completed", b"Cancelled"))
    with pytest.raises(errors.EvidenceError, match="was changed"):
        kind.use(nothing, lambda client: client.cancel_and_wait(RUN, evidence=file))


def test_two_writers_are_kept_apart(kind: Kind, file: Path) -> None:
    def meanwhile(_: object) -> None:
        with pytest.raises(errors.InvalidArgumentError, match="another program is writing"):
            Sync().use(story(), lambda client: client.cancel_and_wait(RUN, evidence=file))

    kind.use(story(), lambda client: client.cancel_and_wait(RUN, evidence=file, on_progress=meanwhile))
    assert evidence.read_evidence(file).conclusion is not None


def test_on_windows_a_byte_is_locked_that_readers_do_not_need(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[tuple[int, int]] = []

    def locking(file: int, _mode: int, count: int) -> None:
        if locked:
            raise PermissionError(13, "Permission denied")
        locked.append((os.lseek(file, 0, os.SEEK_CUR), count))

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=locking))
    Sync().use(story(), lambda client: client.cancel_and_wait(RUN, evidence=file))
    assert evidence.read_evidence(file).conclusion is not None
    assert locked == [(2**31 - 2, 1)]
    with pytest.raises(errors.InvalidArgumentError, match="another program is writing"):
        Sync().use(story(), lambda client: client.cancel_and_wait(RUN, evidence=file))


@pytest.mark.posix("named pipes in folders")
def test_what_is_no_file_is_not_written(kind: Kind, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(errors.InvalidArgumentError, match="is not a file that evidence can be written to"):
        kind.use(story(), lambda client: client.cancel_and_wait(RUN, evidence=tmp_path / "fifo"))


def test_files_that_cannot_be_written(kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, problem in ((tmp_path, "cannot be opened"), (tmp_path / "no" / "folder", "cannot be opened")):
        with pytest.raises(errors.InvalidArgumentError, match=problem):
            kind.use(story(), partial(cancel_with, evidence=path))

    def full(_: int, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    def slow(file: int, content: bytes, write: Any = os.write) -> int:
        written: int = write(file, content[:7])
        monkeypatch.setattr(os, "write", write)
        return written

    monkeypatch.setattr(os, "write", slow)
    outcome = kind.use(story(), lambda client: client.cancel_and_wait(RUN, evidence=tmp_path / "slow"))
    assert not outcome.complete
    assert evidence.read_evidence(tmp_path / "slow").conclusion is not None
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(errors.EvidenceError, match="cannot be written: No space left on device"):
        kind.use(story(), lambda client: client.cancel_and_wait(RUN, evidence=tmp_path / "full"))


def test_a_response_that_repeats_the_token_is_not_written(kind: Kind, file: Path) -> None:
    server = Server([run("Cancelled", segmentationRuleName="sEcReT"), run("Cancelled")], [page("Cancelled")])
    assert kind.use(server, lambda client: client.wait_for_cancellation(RUN, evidence=file), token="sEcReT").complete
    assert "sEcReT" not in file.read_text(encoding="utf-8")
    assert lines(file)[1]["problem"] == "the response repeats the access token"


RESPONSES = st.lists(
    st.sampled_from(
        [
            *map(run, ("Pending", "Completed", "CancelInprogress", "Cancelled", "DeleteInprogress", "Error", "Novel")),
            run("Cancelled", number="JR-00000076"),
            run("Completed", totalJournalEntryCount=2),
            refusal("50000040"),
            refusal("50000061"),
            answer(503),
            answer(404, {"message": "no Route matched with those values"}),
            answer(body=[]),
        ]
    ),
    min_size=1,
    max_size=20,
)
PAGES = st.lists(
    st.sampled_from(
        [
            page(),
            page("Created", "Created"),
            page("Cancelled", "Created"),
            page("Cancelled", "Created", transferred="Yes"),
            page("Cancelled", "Cancelled"),
            page("Cancelled"),
            refusal("50000040"),
            answer(503),
            answer(body={"success": True}),
        ]
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=RESPONSES, pages=PAGES)
def test_every_history_is_judged_the_same_again(
    tmp_path: Path, runs: list[httpx.Response], pages: list[httpx.Response]
) -> None:
    file = tmp_path / "history.jsonl"
    file.unlink(missing_ok=True)
    client = JournalRunsClient(
        URL, token="t", clock=FakeClock(), transport=httpx.MockTransport(Server([*runs], [*pages]))
    )
    outcome = None
    try:
        outcome = client.wait_for_cancellation(RUN, timeout=120, evidence=file)
    except errors.JournalRunsError:
        assert evidence.read_evidence(file).conclusion is None
        return
    found = evidence.read_evidence(file)
    assert found.conclusion is not None
    judged = found.history.cancellation()
    assert judged.verdict == ("complete" if outcome.complete else "incomplete")
    assert list(judged.cancelled) == [entry.number for entry in outcome.cancelled]
    assert list(judged.remaining) == [entry.number for entry in outcome.remaining]
    assert (judged.gone, judged.discrepancies) == (outcome.deleted, outcome.discrepancies)
    assert [type(each) for each in found.observations if not isinstance(each, evidence.Problem)] == [
        type(each) for each in outcome.observations if not isinstance(each, evidence.Problem)
    ]
