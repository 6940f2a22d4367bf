"""`--evidence` and `zjr evidence`."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs.cli import evidence_files
from zuora_journal_runs.emulator import HELD, Emulator

from .running import COMMAND, PATIENCE, Terminal, Zjr, environment, process, records

if TYPE_CHECKING:
    from pathlib import Path

    from zuora_journal_runs import JournalEntry

OCTOBER = ("create", "--type", "Invoice Item", "--date", "2026-10-31", "--period", "Oct-2026")
HASH = re.compile(r"^zjr: evidence: (.+), last hash ([0-9a-f]{64})$", re.MULTILINE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "close.jsonl"


@pytest.fixture
def written(quick: Emulator, file: Path) -> Path:
    """The evidence of a cancellation that is not complete."""
    assert Zjr(quick.environ())("cancel", "--yes", "JR-00000075", "--evidence", str(file)).exit_code == 3
    return file


def judged(zjr: Zjr, file: Path, status: int) -> dict[str, Any]:
    record: dict[str, Any]
    (record,) = zjr.json("evidence", str(file), status=status)
    assert record["exitStatus"] == status
    return record


def changes(emulator: Emulator) -> list[str]:
    methods = ("POST", "PUT", "DELETE")
    return [each.path for each in emulator.requests if each.method in methods and "oauth" not in each.path]


@pytest.mark.measured
@pytest.mark.parametrize(
    ("arguments", "status", "about", "verdict", "summary"),
    [
        (
            ("cancel", "JR-00000075", "--yes"),
            *(3, "cancellation", "incomplete"),
            "JR-00000075 is NOT completely cancelled. Of 10 entries 1 is not: JE-00000038.",
        ),
        (
            ("cancel", "JR-00000073", "--yes"),
            *(0, "cancellation", "complete", "JR-00000073 is cancelled, and so are all of its entries."),
        ),
        (
            ("cancel", "JR-00000072", "--yes", "--no-wait"),
            *(0, "cancellation", "complete", "JR-00000072 is cancelled, and so are all of its entries."),
        ),
        (("delete", "JR-00000072", "--wait", "--yes"), 0, "deletion", "gone", "JR-00000072 is deleted."),
        ((*OCTOBER, "--wait"), 0, "completion", "Completed", "JR-00000076 is Completed."),
    ],
    ids=["incomplete", "complete", "cancelled-before", "delete", "create"],
)
def test_a_file_is_judged_again_without_an_environment_and_ends_as_its_command_did(
    quick: Emulator, file: Path, arguments: tuple[str, ...], status: int, about: str, verdict: str, summary: str
) -> None:
    ended = process(*arguments, "--evidence", str(file), variables=quick.environ())
    again = process("evidence", str(file), "--json")

    assert (ended.status, again.status) == (status, status), ended.stderr
    (record,) = records(again.stdout)
    assert [record[name] for name in ("exitStatus", "about", "verdict", "summary")] == [status, about, verdict, summary]
    assert HASH.findall(ended.stderr) == [(str(file), record["lastHash"])]
    assert os.name != "posix" or stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = quick.environ()["ZUORA_CLIENT_SECRET"]
    assert secret not in file.read_text()


def test_several_runs_have_a_file_each_in_a_folder_that_is_made(quick: Emulator, tmp_path: Path) -> None:
    zjr = Zjr(quick.environ())
    folder = tmp_path / "november" / "close"
    result = zjr("cancel", "--yes", "JR-00000073", "JR-00000075", "--evidence", str(folder))

    assert [name for name, _ in HASH.findall(result.stderr)] == [
        str(folder / "JR-00000073.jsonl"),
        str(folder / "JR-00000075.jsonl"),
    ]
    assert judged(zjr, folder / "JR-00000073.jsonl", 0)["number"] == "JR-00000073"
    assert judged(zjr, folder / "JR-00000075.jsonl", 3)["remaining"] == ["JE-00000038"]
    zjr("cancel", "--yes", "JR-00000071", "--evidence", str(folder))
    assert judged(zjr, folder / "JR-00000071.jsonl", 0)["cancelled"] == 0


def test_progress_is_reported_poll_by_poll(quick: Emulator, written: Path) -> None:
    result = Zjr({})("evidence", str(written))

    assert result.exit_code == 3
    shown = re.sub(r"[0-9]{2}:[0-9]{2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}", "#", result.stdout)
    head, story, end = shown.split("\n\n")
    assert head.splitlines()[0] == "JR-00000075"
    assert f"Host      {httpx.URL(quick.url).netloc.decode()}" in head
    assert "Entity" not in head
    assert story.splitlines() == [
        "  #  cancel requested and accepted",
        "  #  the run is Completed; 10 entries listed, 9 cancelled (2 times)",
    ]
    assert end.splitlines()[0] == "JR-00000075 is NOT completely cancelled. Of 10 entries 1 is not: JE-00000038."
    assert "Checked    5 responses judged again; the chain of hashes is intact" in end


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_story_fits_the_terminal(written: Path, columns: int) -> None:
    terminal = Terminal("evidence", str(written), variables={"NO_COLOR": "1"}, columns=columns)

    assert terminal.end() == 3
    assert max(map(len, terminal.shown.splitlines())) <= min(columns, 80)
    assert str(judged(Zjr({}), written, 3)["lastHash"]) in "".join(terminal.shown.split())


def test_what_a_server_sends_is_harmless_for_a_terminal(zjr: Zjr, file: Path) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return httpx.Response(200, json={"success": True})
        return httpx.Response(200, json={"number": "JR-00000075", "status": "\x1b]0;Cancelled\x07"})

    strange = zjr.responding(handler)
    strange(
        "cancel", "--yes", "JR-00000075", "--timeout", "5s", "--evidence", str(file), "--entity", "e1", "--org", "o"
    )
    shown = zjr("evidence", str(file)).stdout

    assert "the run is ]0;Cancelled (" in shown
    assert shown.replace("\n", "").isprintable()
    assert "Entity         e1" in shown
    assert "Organisations  o" in shown


class TestProblems:
    """What proves nothing is told, and nothing is concluded from it."""

    @pytest.mark.parametrize("fault", ["get:2:html-404", "get:2x2:error-40"])
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [(("cancel", "JR-00000075"), "CancelInprogress"), (("delete", "--wait", "JR-00000072"), "DeleteInprogress")],
        ids=["cancel", "delete"],
    )
    def test_not_found_in_passing_is_not_taken_for_done(
        self, file: Path, fault: str, arguments: tuple[str, ...], said: str
    ) -> None:
        with Emulator(pacing=HELD, faults=[fault]) as emulator:
            zjr = Zjr(emulator.environ())
            result = zjr(*arguments, "--yes", "--evidence", str(file))

        assert result.exit_code == 4
        assert result.stdout == ""
        assert f"the run was {said} when it was seen last" in result.stderr
        record = judged(zjr, file, 4)
        assert (record["verdict"], record["status"]) == (None, said)
        story = zjr("evidence", str(file)).stdout
        assert "Unfinished: there is no verdict." in story
        proof = "a response that proves nothing: HTTP 404" if "html" in fault else "the run is not found (2 times)"
        assert proof in story

    def test_a_request_that_is_not_known_to_be_accepted_is_reported_so(self, zjr: Zjr, file: Path) -> None:
        zjr("cancel", "--yes", "JR-00000072", "--evidence", str(file))
        story = " ".join(zjr("evidence", str(file)).stdout.split())

        assert "cancel requested, but not shown to be accepted: HTTP 200 without `success: true`" in story

    def test_a_run_that_is_gone_is_not_taken_for_cancelled(self, zjr: Zjr, file: Path) -> None:
        gone = {"success": False, "reasons": [{"code": 50000040, "message": "Cannot find it."}]}
        answers = [{"success": True}, {"success": True, "number": "JR-00000075", "status": "CancelInprogress"}]

        def handler(_: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json=answers.pop(0) if answers else gone)

        assert zjr.responding(handler)("cancel", "--yes", "JR-00000075", "--evidence", str(file)).exit_code == 3
        record = judged(zjr, file, 3)
        assert record["summary"] == "JR-00000075 was NOT shown to be completely cancelled."
        assert len(record["discrepancies"]) == 1
        assert "But        the run is gone, and was never seen Cancelled" in zjr("evidence", str(file)).stdout

    def test_entries_that_are_refused_are_reported(self, file: Path) -> None:
        with Emulator(pacing="at-once", faults=["entries:1+:error-10"]) as emulator:
            zjr = Zjr(emulator.environ())
            assert zjr("cancel", "--yes", "JR-00000073", "--evidence", str(file)).exit_code == 3

        assert "the run is Cancelled; the entries cannot be listed: " in zjr("evidence", str(file)).stdout

    def test_of_many_entries_that_remain_ten_are_named(self, zjr: Zjr, file: Path) -> None:
        entries = [
            {"number": f"JE-{place:08}", "status": "Created", "transferredToAccounting": "Yes"} for place in range(12)
        ]

        def handler(request: httpx.Request) -> httpx.Response:
            found: dict[str, object] = {"number": "JR-00000075", "status": "Completed"}
            if "journal-entries" in request.url.path:
                found = {"journalEntries": entries}
            return httpx.Response(200, json={"success": True, **found})

        zjr.responding(handler)("cancel", "--yes", "JR-00000075", "--evidence", str(file))
        summary = judged(zjr, file, 3)["summary"]

        assert summary.startswith("JR-00000075 is NOT completely cancelled. Of 12 entries 12 are not: JE-00000000, ")
        assert summary.endswith("JE-00000009 and 2 more.")

    def test_a_listing_of_several_pages_is_one_line(self, zjr: Zjr, file: Path) -> None:
        entries = "/v1/journal-entries/journal-runs/JR-00000075"

        def handler(request: httpx.Request) -> httpx.Response:
            found: dict[str, object] = {"number": "JR-00000075", "status": "Cancelled"}
            if request.url.path == entries:
                second = "page=2" in str(request.url)
                found = {"journalEntries": [{"number": f"JE-{second:08}", "status": "Cancelled"}]}
                if not second:
                    found["nextPage"] = f"https://rest.example.com{entries}?page=2"
            return httpx.Response(200, json={"success": True, **found})

        assert zjr.responding(handler)("cancel", "--yes", "JR-00000075", "--evidence", str(file)).exit_code == 0
        assert "  the run is Cancelled; 2 entries listed, 2 cancelled\n" in zjr("evidence", str(file)).stdout

    def test_a_creation_that_nobody_waited_for_is_unfinished(self, zjr: Zjr, file: Path) -> None:
        assert zjr(*OCTOBER, "--evidence", str(file)).exit_code == 0
        assert "Checked    1 response judged again" in zjr("evidence", str(file)).stdout
        assert judged(zjr, file, 4)["number"] == "JR-00000076"

    def test_a_run_that_ends_in_error_ends_so_again(self, zjr: Zjr, file: Path) -> None:
        def handler(request: httpx.Request) -> httpx.Response:
            run = {"journalRunNumber": "JR-00000076"} if request.method == "POST" else {"number": "JR-00000076"}
            return httpx.Response(200, json={"success": True, "status": "Error", **run})

        assert zjr.responding(handler)(*OCTOBER, "--wait", "--evidence", str(file)).exit_code == 1
        assert judged(zjr, file, 1)["summary"] == "JR-00000076 ended as Error."

    def test_a_creation_whose_response_was_lost_has_no_number_yet(self, zjr: Zjr, file: Path) -> None:
        def lose(_: httpx.Request) -> httpx.Response:
            raise httpx.ReadError("reset")

        assert zjr.responding(lose)(*OCTOBER, "--evidence", str(file)).exit_code == 1
        assert judged(zjr, file, 4)["number"] is None
        story = zjr("evidence", str(file)).stdout
        assert story.startswith("a run whose number is not known\n")
        assert "create requested, but not shown to be accepted: no response: ResponseLostError" in " ".join(
            story.split()
        )


class TestInterruptions:
    def killed(self, emulator: Emulator, *arguments: str, when: str) -> None:
        """Run the command, and kill it when it has written a text to standard error."""
        running = subprocess.Popen(
            [COMMAND, *arguments], env=environment(emulator.environ()), stderr=subprocess.PIPE, text=True
        )
        assert running.stderr is not None
        with running.stderr:
            assert any(when in line for line in running.stderr)
            running.kill()
        # Windows ends a process with the status 1.
        assert running.wait(PATIENCE) == -getattr(signal, "SIGKILL", -1)

    def test_a_cancellation_that_was_killed_goes_on(self, file: Path) -> None:
        with Emulator(pacing=HELD) as emulator:
            command = ("cancel", "JR-00000073", "--yes", "--evidence", str(file))
            self.killed(emulator, *command, when="CancelInprogress")
            zjr = Zjr(emulator.environ())
            assert judged(zjr, file, 4)["status"] == "CancelInprogress"
            with file.open("a") as torn:
                torn.write('{"kind":"respo')
            emulator.release("JR-00000073")

            assert zjr(*command).exit_code == 0
        assert judged(zjr, file, 0)["cancelled"] == 24
        assert "cancel requested and accepted" in zjr("evidence", str(file)).stdout

    def test_entries_that_were_seen_before_still_count_if_they_cannot_be_read_now(
        self, quick: Emulator, file: Path
    ) -> None:
        command = ("cancel", "JR-00000073", "--yes", "--evidence", str(file))
        zjr = Zjr(quick.environ())
        (first,) = zjr.json(*command)
        quick.add_fault("entries:1+:html-502")

        (second,) = zjr.json(*command)
        assert second["cancelled"] == first["cancelled"] == quick.entry_numbers("JR-00000073")

    def test_a_creation_that_was_killed_creates_no_second_run(self, file: Path) -> None:
        with Emulator(pacing=HELD) as emulator:
            command = (*OCTOBER, "--wait", "--evidence", str(file))
            self.killed(emulator, *command, when=": Pending")
            emulator.release("JR-00000076")
            result = Zjr(emulator.environ())(*command)

            assert result.exit_code == 0
            assert result.stdout.splitlines()[0] == "JR-00000076"
            assert changes(emulator) == ["/v1/journal-runs"]
        assert judged(Zjr({}), file, 0)["verdict"] == "Completed"

    def test_a_command_that_is_stopped_says_what_its_file_holds(self, zjr: Zjr, file: Path) -> None:
        def stop(_: httpx.Request) -> httpx.Response:
            raise KeyboardInterrupt

        result = zjr.responding(stop)(*OCTOBER, "--evidence", str(file))

        assert result.exit_code == 130
        hashes, stopped = result.stderr.splitlines()
        assert HASH.match(hashes)
        assert stopped == (
            "zjr: stopped; the run may have been created; "
            f"to create no second one, repeat the command with --evidence {file}"
        )

    def test_a_hash_that_was_written_in_part_is_not_printed(
        self, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with evidence_files.EvidenceFiles(str(file), ["JR-00000075"]):
            file.write_text('{"sha256":"' + "0" * 63)

        assert capsys.readouterr().err == ""


class TestDamage:
    def test_a_line_that_was_changed_is_named(self, written: Path) -> None:
        lines = written.read_bytes().splitlines(keepends=True)
        for place, line in enumerate(lines):
            middle = len(line) // 2
            other = line[:middle] + bytes([line[middle] ^ 1]) + line[middle + 1 :]
            written.write_bytes(b"".join([*lines[:place], other, *lines[place + 1 :]]))

            self.assert_named(written, place + 1)

    def test_a_line_that_was_removed_is_named_by_the_one_behind_it(self, written: Path) -> None:
        lines = written.read_bytes().splitlines(keepends=True)
        for place in range(len(lines) - 1):
            written.write_bytes(b"".join(lines[:place] + lines[place + 1 :]))

            self.assert_named(written, place + 1)

    def test_without_the_verdict_it_is_unfinished(self, written: Path) -> None:
        written.write_bytes(b"".join(written.read_bytes().splitlines(keepends=True)[:-1]))

        assert judged(Zjr({}), written, 4)["verdict"] is None

    def assert_named(self, file: Path, line: int) -> None:
        result = Zjr({})("evidence", str(file))
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"zjr: {file}: line {line} ")
        assert result.stderr.count("\n") == 1

    @pytest.mark.parametrize(
        ("content", "status", "said"),
        [
            (b"The books are closed.\n", 1, "line 1 is not the header of an evidence file, or was changed"),
            (b"", 1, "is empty: it is not an evidence file"),
            (b"\x00\xff\n{", 1, "line 1 is not the header of an evidence file, or was changed"),
            (None, 2, "does not exist. See `zjr evidence --help`."),
        ],
    )
    def test_what_is_no_evidence_is_one_line(self, file: Path, content: bytes | None, status: int, said: str) -> None:
        if content is not None:
            file.write_bytes(content)
        result = Zjr({})("evidence", str(file))

        assert (result.exit_code, result.stdout) == (status, "")
        (line,) = result.stderr.splitlines()
        assert said in line

    def test_a_folder_is_wrong_usage(self, tmp_path: Path) -> None:
        assert "is a directory" in process("evidence", str(tmp_path)).stderr
        assert process("evidence", str(tmp_path)).status == 2


class TestRefusal:
    """A file that cannot be used is found before anything is requested."""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("cancel", "--yes", "JR-00000073"), "is evidence for the run JR-00000075, not JR-00000073"),
            (("delete", "--yes", "JR-00000072"), "is evidence for the run JR-00000075, not JR-00000072"),
            (("cancel", "--yes", "JR-00000075", "--entity", "e1"), "is evidence for the entity none, not e1"),
            (("cancel", "--yes", "JR-00000075", "--org", "o1"), "is evidence for the organisations none, not o1"),
            (OCTOBER, "is evidence for another run, not for a creation"),
        ],
    )
    def test_evidence_about_something_else(
        self, quick: Emulator, written: Path, arguments: tuple[str, ...], said: str
    ) -> None:
        before, content = len(quick.requests), written.read_bytes()
        result = Zjr(quick.environ())(*arguments, "--evidence", str(written))

        assert result.exit_code == 2
        assert result.stdout == ""
        assert f"zjr: {written} {said}: give another file" in result.stderr.splitlines()
        assert not HASH.search(result.stderr)
        assert len(quick.requests) == before
        assert written.read_bytes() == content

    @pytest.mark.parametrize(
        "other",
        [("--type", "Taxation Item"), ("--date", "2026-11-30"), ("--period", "Nov-2026"), ("--organization", "Labs")],
    )
    def test_evidence_about_another_creation(self, quick: Emulator, file: Path, other: tuple[str, str]) -> None:
        zjr = Zjr(quick.environ())
        assert zjr(*OCTOBER, "--evidence", str(file)).exit_code == 0
        before = len(quick.requests)
        result = zjr(*OCTOBER, *other, "--evidence", str(file))

        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert line == f"zjr: {file} is evidence for a creation that requests something else: give another file"
        assert len(quick.requests) == before
        assert zjr(*OCTOBER, "--evidence", str(file)).stdout == "JR-00000076\n"

    def test_evidence_about_another_host(self, quick: Emulator, written: Path) -> None:
        with Emulator() as other:
            result = Zjr(other.environ())("cancel", "--yes", "JR-00000075", "--evidence", str(written))

            assert result.exit_code == 2
            assert f"is evidence for the host {httpx.URL(quick.url).netloc.decode()}, not " in result.stderr
            assert not other.requests

    def test_what_was_changed_is_not_gone_on_with(self, quick: Emulator, written: Path) -> None:
        before = len(quick.requests)
        written.write_bytes(written.read_bytes().replace(b"Completed", b"Cancelled"))
        result = Zjr(quick.environ())("cancel", "--yes", "JR-00000075", "--evidence", str(written))

        assert result.exit_code == 1
        assert "was changed, or a line before it was removed or moved" in result.stderr
        assert len(quick.requests) == before

    def test_one_file_for_several_runs_and_a_folder_that_cannot_be_made(
        self, zjr: Zjr, emulator: Emulator, file: Path
    ) -> None:
        file.write_text("")
        result = zjr("cancel", "--yes", "JR-00000073", "JR-00000075", "--evidence", str(file))

        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert f"--evidence: the folder {file} cannot be created: File exists" in line
        assert not emulator.requests

    @pytest.mark.parametrize("arguments", [("cancel", "--yes", "JR-00000075"), OCTOBER])
    def test_a_file_that_cannot_be_written(
        self, zjr: Zjr, emulator: Emulator, tmp_path: Path, arguments: tuple[str, ...]
    ) -> None:
        result = zjr(*arguments, "--evidence", str(tmp_path / "no" / "such" / "folder.jsonl"))

        assert result.exit_code == 2
        assert "folder.jsonl cannot be opened: there is no folder" in result.stderr.splitlines()[-1]
        assert not emulator.requests

    def test_a_folder_for_a_creation(self, zjr: Zjr, emulator: Emulator, tmp_path: Path) -> None:
        result = zjr(*OCTOBER, "--evidence", str(tmp_path))

        assert result.exit_code == 2
        assert "is a directory" in result.stderr
        assert not emulator.requests

    @pytest.mark.measured
    @pytest.mark.posix("fcntl")
    def test_a_file_that_another_program_writes(self, quick: Emulator, written: Path) -> None:
        import fcntl

        before = len(quick.requests)
        with written.open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            ended = process("cancel", "--yes", "JR-00000075", "--evidence", str(written), variables=quick.environ())

        assert ended.status == 2
        assert f"zjr: another program is writing {written}: give another file, or wait for it\n" in ended.stderr
        assert len(quick.requests) == before

    @pytest.mark.parametrize("arguments", [("JR-00000075", "--dry-run"), ("JR-00000075",), ("JR-00000075", "--json")])
    def test_what_changes_nothing_writes_nothing(self, zjr: Zjr, file: Path, arguments: tuple[str, ...]) -> None:
        zjr("cancel", *arguments, "--evidence", str(file))

        assert not file.exists()


def test_a_disk_that_is_full_is_one_line(quick: Emulator, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int, __: bytes) -> int:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("zuora_journal_runs.evidence._file.os.write", full)
    result = Zjr(quick.environ())("cancel", "--yes", "JR-00000075", "--evidence", str(file))

    assert result.exit_code == 1
    assert f"zjr: {file} cannot be written: No space left on device" in result.stderr
    assert not changes(quick)


def test_each_line_is_an_object_with_its_hash(written: Path) -> None:
    lines = [json.loads(line) for line in written.read_text().splitlines()]

    assert [line["kind"] for line in lines] == ["header", *["response"] * 5, "verdict"]
    assert len({line["sha256"] for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("fails", "status", "summary"),
    [
        (False, 0, "The entries of JR-00000073 are posted, and marked as transferred."),
        (True, 3, "The entries of JR-00000073 are NOT all posted."),
    ],
)
def test_a_posting_is_judged_again(quick: Emulator, file: Path, fails: bool, status: int, summary: str) -> None:
    def post(entry: JournalEntry) -> None:
        if fails and entry.number == quick.entry_numbers("JR-00000073")[1]:
            raise ValueError

    with quick.client() as client:
        client.post_entries("JR-00000073", post, evidence=file)
    record = judged(Zjr({}), file, status)

    assert (record["about"], record["summary"], record["status"]) == ("posting", summary, "Completed")
    first, second, *_ = quick.entry_numbers("JR-00000073")
    story = [line.split("  ")[-1] for line in Zjr({})("evidence", str(file)).stdout.splitlines()]
    claimed = [f"{first} marked as Processing, and accepted", f"{first} is being posted"]
    at = story.index(claimed[0])
    assert story[at : at + 4] == [*claimed, f"{first} is posted", f"{first} marked as Yes, and accepted"]
    assert (f"{second} marked as Error, and accepted" in story) == fails
    assert (f"{second} is not posted: that failed" in story) == fails
    shown = "1 Error, 23 Yes" if fails else "24 Yes"
    assert f"the run is Completed; 24 entries listed, {shown}" in story
    assert (f"1 entry: {second}" in [line.strip() for line in story]) == fails


def test_how_far_a_posting_came_that_was_interrupted(quick: Emulator, file: Path) -> None:
    """A program wrote the file, not a command."""
    posted: list[str] = []

    def post(entry: JournalEntry) -> None:
        if len(posted) == 1:
            raise KeyboardInterrupt
        posted.append(entry.number)

    with quick.client() as client, pytest.raises(KeyboardInterrupt):
        client.post_entries("JR-00000075", post, evidence=file)
    result = Zjr({})("evidence", str(file))
    assert result.exit_code == 4
    *_, story, end = result.stdout.split("\n\n")
    assert story.splitlines()[-1].endswith("JE-00000033 is being posted")
    assert "Unfinished: there is no verdict. To go on, repeat what began it, with" in end
    assert "command" not in end
    assert "In doubt    2 entries: JE-00000032, JE-00000033" in end
    assert "Not posted  7 entries: JE-00000034, JE-00000035" in end
    assert "Before      1 entry" in end
    # What is known of it later is noted as well.
    with quick.client() as client:
        client.post_entries("JR-00000075", lambda _: None, was_posted=lambda _: False, evidence=file)
    assert "JE-00000033 was found not to be posted" in Zjr({})("evidence", str(file)).stdout


def test_of_a_rerun_each_line_says_which_run_it_is_about(quick: Emulator, file: Path) -> None:
    zjr = Zjr(quick.environ())
    assert zjr("rerun", "JR-00000073", "--yes", "--evidence", str(file)).exit_code == 0
    shown = zjr("evidence", str(file)).stdout

    assert "the run is Cancelled; 24 entries listed, 24 cancelled" in shown
    assert "JR-00000076 is Completed; " in shown
    assert "the run is Completed; 24 entries listed, 0 cancelled" in shown
    assert judged(zjr, file, 0)["created"] == "JR-00000076"
