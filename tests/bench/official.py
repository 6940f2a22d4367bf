"""Zuora's own SDK, at work in an environment of its own.

Each line of JSON on standard input asks for some work; each on standard output tells the seconds that it took. The
first line on standard output tells what the import took.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .data import NUMBER, page

CLIENT_ID, CLIENT_SECRET = "0" * 36, "secret"


def resident(process: int | str = "self") -> int:
    """Bytes of memory that a process has in use; this one by default."""
    return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Work:
    """What can be asked for."""

    def __init__(self, sdk: Any, client: Any, url: str, certificate: str) -> None:
        self._sdk, self._client_type, self._url, self._certificate = sdk, client, url, certificate
        self._runs = self._made().journal_runs_api()
        self._page = page(1000)

    def _made(self, url: str | None = None) -> Any:
        configuration = self._sdk.Configuration(host=url or self._url, ssl_ca_cert=self._certificate)
        client = self._client_type(CLIENT_ID, CLIENT_SECRET, None, configuration)
        client.initialize()
        return client

    def get(self, count: int) -> float:
        began = time.process_time()
        for _ in range(count):
            self._runs.get_journal_run(NUMBER)
        return time.process_time() - began

    def cancel(self, url: str, count: int, threads: int) -> float:
        runs = self._made(url).journal_runs_api()
        with ThreadPoolExecutor(threads) as pool:
            began = time.perf_counter()
            list(pool.map(runs.cancel_journal_run, [NUMBER] * count))
            return time.perf_counter() - began

    def connect(self, url: str, count: int) -> float:
        clients = [self._sdk.JournalRunsApi(self._bare(url)) for _ in range(count)]
        began = time.process_time()
        for client in clients:
            client.get_journal_run(NUMBER)
        return time.process_time() - began

    def _bare(self, url: str) -> Any:
        return self._sdk.ApiClient(self._sdk.Configuration(host=url, ssl_ca_cert=self._certificate))

    def parse(self, count: int) -> float:
        model = self._sdk.GetJournalEntriesInJournalRunResponse
        began = time.process_time()
        for _ in range(count):
            model.from_dict(json.loads(self._page))
        return time.process_time() - began


def main(url: str, certificate: str) -> None:
    # The SDK writes to standard output by itself.
    answers, sys.stdout = sys.stdout, sys.stderr
    warnings.simplefilter("ignore")
    began = time.process_time()
    client = importlib.import_module("zuora_sdk.zuora_client").ZuoraClient
    took = time.process_time() - began
    answers.write(json.dumps([took, resident()]) + "\n")
    answers.flush()
    work = Work(importlib.import_module("zuora_sdk"), client, url, certificate)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        answers.write(json.dumps(getattr(work, name)(*arguments)) + "\n")
        answers.flush()
    # Nothing of the SDK's need be torn down, which alone takes seconds.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
