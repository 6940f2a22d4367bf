"""Files are written all or none: on a disk that fills at every write, and when the process is killed at every step."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openapi.spec.command import ROOT, check, main, spec
from openapi.spec.write import DECIDED, STAGED, complete, is_complete, write

if TYPE_CHECKING:
    from openapi.spec.command import Project

BEFORE = {"a.yaml": b"old", "gone.yaml": b"old", "client/models.py": b"old", "same.yaml": b"same"}
AFTER = {"a.yaml": b"new", "client/models.py": b"new", "client/deep/more.py": b"new", "same.yaml": b"same"}
FILES: dict[str, bytes | None] = {"gone.yaml": None, **AFTER}


def fill(root: Path) -> None:
    for name, content in BEFORE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def kept(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_files_are_written_and_removed(tmp_path: Path) -> None:
    fill(tmp_path)
    unchanged = (tmp_path / "same.yaml").stat().st_mtime_ns
    write(tmp_path, FILES)
    assert kept(tmp_path) == AFTER
    assert (tmp_path / "same.yaml").stat().st_mtime_ns == unchanged
    write(tmp_path, FILES)
    assert kept(tmp_path) == AFTER


KILLED = """
import os, sys
from pathlib import Path
from openapi.spec.write import complete, write
from tests.spec.test_write import FILES, fill, kept

root = Path(sys.argv[1])
step = 0
while True:
    folder = root / str(step)
    folder.mkdir()
    fill(folder)
    if not os.fork():
        left = step
        def hook(event, arguments):
            global left
            # Whatever touches the disk may be the last thing that happens.
            if event in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "shutil.rmtree"}:
                if not left:
                    os._exit(9)
                left -= 1
        sys.addaudithook(hook)
        write(folder, FILES)
        os._exit(0)
    _, status = os.wait()
    step += 1
    if not status:
        break
print(step)
"""


def test_a_kill_at_every_step_leaves_the_old_or_what_can_be_completed(tmp_path: Path) -> None:
    program = [sys.executable, "-c", KILLED, str(tmp_path)]
    run = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
    steps = int(run.stdout)
    assert steps > 15
    decided = 0
    for step in range(steps):
        folder = tmp_path / str(step)
        if is_complete(folder):
            content = {name: each for name, each in kept(folder).items() if not name.startswith(STAGED)}
            assert content in (BEFORE, AFTER)
            write(folder, FILES)
        else:
            decided += 1
            # Every file is whole, and no file is missing that was there and stays.
            for name in BEFORE.keys() & AFTER.keys():
                assert (folder / name).read_bytes() in {BEFORE[name], AFTER[name]}
            complete(folder)
        assert kept(folder) == AFTER
    assert 3 < decided < steps - 3


@pytest.mark.parametrize("at", range(5))
def test_a_full_disk_changes_nothing(project: Project, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    text = project.overlay.read_text(encoding="utf-8")
    project.overlay.write_text(text.replace("maximum: 300", "maximum: 200"), encoding="utf-8")
    before = kept(project.root)
    writes = 0

    def full(path: Path, content: Any, *_: Any, **__: Any) -> int:
        nonlocal writes
        writes += 1
        data = content.encode() if isinstance(content, str) else content
        with path.open("wb") as file:
            file.write(data if writes <= at else data[: len(data) // 2])
        if writes > at:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(Path, "write_text", full)
    arguments = ["build", "--markdown", str(project.root.parent / "report.md")]
    status = main(arguments, project)
    monkeypatch.undo()
    if status:
        assert kept(project.root) == before
        assert writes > at
    else:
        assert writes <= at
        assert check(project) == []


def test_a_report_that_cannot_be_written_stops_everything(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = project.overlay.read_text(encoding="utf-8")
    project.overlay.write_text(text.replace("maximum: 300", "maximum: 200"), encoding="utf-8")
    before = kept(project.root)
    assert main(["build", "--json", str(tmp_path / "no" / "report.json")], project) == 1
    assert capsys.readouterr().out.startswith("error: ")
    assert kept(project.root) == before


def test_a_report_says_so_if_the_rest_cannot_be_written(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = project.overlay.read_text(encoding="utf-8")
    project.overlay.write_text(text.replace("maximum: 300", "maximum: 200"), encoding="utf-8")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("openapi.spec.command.write", full)
    path = tmp_path / "report.json"
    assert main(["build", "--json", str(path)], project) == 1
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["written"] is False
    assert "No space left on device" in report["problems"][0]


def test_an_interrupted_run_is_completed_by_the_next(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    decided = project.root / DECIDED
    decided.mkdir()
    (decided / "0").write_bytes(b"changed")
    (decided / "list.json").write_text('[["openapi/names.yaml", false]]', encoding="utf-8")
    names = project.names.read_bytes()
    assert main(["check"], project) == 1
    assert "'make spec' was interrupted; run it again" in capsys.readouterr().out
    assert project.names.read_bytes() == names
    assert main(["build"], project) == 1
    assert project.names.read_bytes() == b"changed"
    project.names.write_bytes(names)
    assert spec(project, []).problems == []
