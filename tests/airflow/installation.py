"""An Apache Airflow on this machine: its processes, which can be killed one by one, and its API."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "airflow"
PROCESSES = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
SOON = 600.0
"""Seconds within which everything that is waited for happens, even on a machine that is busy."""


class Installation:
    """An Airflow with the example's files, in a folder of its own: SQLite, LocalExecutor, loopback only.

    Args:
        home: An empty folder.
        connections: The Airflow Connections, as JSON.
        variables: Further environment variables.
    """

    def __init__(self, home: Path, connections: Mapping[str, Any], variables: Mapping[str, str]) -> None:
        self.home = home
        for name, folder in (("journal_runs.py", "plugins"), ("closes.py", "dags")):
            (home / folder).mkdir()
            shutil.copy(EXAMPLE / name, home / folder)
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        settings = {
            "API__HOST": "127.0.0.1",
            "API__PORT": str(port),
            "API__BASE_URL": self.url,
            "API__SECRET_KEY": token_hex(),
            "API__WORKERS": "1",
            "API_AUTH__JWT_SECRET": token_hex(),
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__DEFAULT_TASK_RETRY_DELAY": "1",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__PARALLELISM": "6",
            "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
            "TRIGGERER__JOB_HEARTBEAT_SEC": "2",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "ZUORA_"))}
        self.environ: dict[str, str] = {
            **kept,
            "AIRFLOW_HOME": str(home),
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in connections.items()},
            **variables,
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._client = httpx.Client(base_url=f"{self.url}/api/v2", timeout=30)

    def __enter__(self) -> Self:
        try:
            subprocess.run(self._command("db", "migrate"), env=self.environ, check=True, capture_output=True)
            for name in PROCESSES:
                self.start(name)
            self._authenticate()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        for name in tuple(self._processes):
            self.kill(name)

    def _authenticate(self) -> None:
        def token() -> str | None:
            try:
                return str(httpx.get(f"{self.url}/auth/token", timeout=30).json()["access_token"])
            except httpx.TransportError:
                return None

        self._client.headers["Authorization"] = f"Bearer {wait_for(token, 'the API server')}"
        for name in ("redo_close", "rerun_close"):
            wait_for(lambda name=name: self._client.get(f"/dags/{name}").is_success, f"the DAG {name}")  # type: ignore[misc]

    # Processes

    def start(self, name: str) -> None:
        """Start one of Airflow's processes."""
        with (self.home / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._command(*PROCESSES[name]), env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """Kill one of Airflow's processes, and all that it has started."""
        process = self._processes.pop(name)
        for each in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            _kill(each)
        process.wait()

    def kill_task(self, port: int, *, worker: bool) -> None:
        """Kill the process of the task that is connected to a port of this machine.

        Args:
            port: The port.
            worker: Whether to kill the worker that has started it as well.
        """

        def connected() -> psutil.Process | None:
            for process in psutil.Process(self._processes["scheduler"].pid).children(recursive=True):
                try:
                    if any(each.raddr and each.raddr.port == port for each in process.net_connections("tcp")):
                        return process
                except psutil.NoSuchProcess:
                    continue
            return None

        task = wait_for(connected, f"a task that is connected to port {port}")
        if worker:
            _kill(task.parent())
        _kill(task)

    def _command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("airflow")), *arguments]

    # The API

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request to Airflow's API, and return what it responds."""
        response = self._client.request(method, path, **arguments)
        assert response.is_success, response.text
        return response.json()

    def trigger(self, dag: str, runs: list[dict[str, Any]]) -> None:
        """Start a DAG."""
        body = {"dag_run_id": "test", "logical_date": None, "conf": {"runs": runs}}
        self.request("POST", f"/dags/{dag}/dagRuns", json=body)

    def state(self, dag: str) -> str:
        """Return the state of a DAG's run."""
        return str(self.request("GET", f"/dags/{dag}/dagRuns/test")["state"])

    def tasks(self, dag: str) -> dict[tuple[str, int], dict[str, Any]]:
        """Return the task instances of a DAG's run, by the name within their group and their map index."""
        path = f"/dags/{dag}/dagRuns/test/taskInstances"
        found = self.request("GET", path, params={"limit": 1000})["task_instances"]
        return {(each["task_id"].rpartition(".")[2], each["map_index"]): each for each in found}

    def outcome(self, dag: str, task: str, index: int) -> Any:
        """Return the XCom of a task."""
        path = f"/dags/{dag}/dagRuns/test/taskInstances/{task}/xcomEntries/return_value"
        return self.request("GET", path, params={"map_index": index})["value"]

    def fail(self, dag: str, task: str, index: int) -> None:
        """Mark a task as failed, as a user does in the UI to stop it."""
        path = f"/dags/{dag}/dagRuns/test/taskInstances/{task}/{index}"
        self.request("PATCH", path, json={"new_state": "failed"})

    def clear(self, dag: str, tasks: Iterable[str], index: int) -> None:
        """Clear tasks, as a user does in the UI to execute them again."""
        body = {
            "dry_run": False,
            "only_failed": False,
            "dag_run_id": "test",
            "task_ids": [[task, index] for task in tasks],
        }
        self.request("POST", f"/dags/{dag}/clearTaskInstances", json=body)

    def log(self, dag: str, task: str, index: int) -> str:
        """Return the logs of all attempts of a task."""
        folder = self.home / "logs" / f"dag_id={dag}" / "run_id=test" / f"task_id={task}" / f"map_index={index}"
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))


def wait_for(condition: Callable[[], T | None], what: str) -> T:
    """Return what a condition returns once that is true."""
    end = time.monotonic() + SOON
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {SOON} s: {what}"
        time.sleep(0.5)
    return found


def _kill(process: psutil.Process) -> None:
    try:
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
