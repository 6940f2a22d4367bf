"""The other processes: the server, and Zuora's own SDK in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import certifi
import trustme

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
SDK = "zuora-sdk==3.21.0"


class Process:
    """A process that answers in lines of JSON, and ends when its standard input does."""

    def __init__(self, python: Path | str, module: str, *arguments: object) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [python, "-m", f"tests.bench.{module}", *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pipe(self._process.stdin).close()
        self._process.wait()
        pipe(self._process.stdout).close()

    def answer(self) -> Any:
        """The next line that it writes.

        Raises:
            EOFError: it ended.
        """
        line = pipe(self._process.stdout).readline()
        if not line:
            raise EOFError(f"tests.bench.{self._module} ended")
        return json.loads(line)

    def ask(self, *question: object) -> Any:
        """What it answers to a line of ours."""
        stdin = pipe(self._process.stdin)
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        return self.answer()


def pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


class Server(Process):
    """The server, on http and on https.

    Args:
        folder: Where to put its certificate, and that of who issued it, whom this process then trusts.
        seconds: When to end at the latest.
        delay: Seconds to take for a cancellation.
    """

    def __init__(self, folder: Path, seconds: float, delay: float) -> None:
        authority, certificate = trustme.CA(), folder / "server.pem"
        self.authority = folder / "authority.pem"
        # Beside all others, for who reads them anew for each connection.
        self.authority.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        os.environ["SSL_CERT_FILE"] = str(self.authority)
        super().__init__(sys.executable, "server", certificate, seconds, delay)
        plain, tls = self.answer()
        self.url, self.tls_url = f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}"


class Official(Process):
    """Zuora's own SDK.

    Attributes:
        import_seconds: CPU that its import took.
        import_bytes: Memory in use after it.
    """

    def __init__(self, python: Path, server: Server) -> None:
        super().__init__(python, "official", server.url, server.authority)
        self.import_seconds, self.import_bytes = self.answer()


def python_with_the_sdk() -> Path | None:
    """An interpreter that has the SDK, installed the first time; None if it cannot be.

    It has its own environment within this one, since it needs versions of its own.
    """
    folder = Path(sys.prefix) / "bench-peers"
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        sys.stderr.write(f"Setting up {folder} with {SDK} ...\n")
        try:
            venv.create(folder, clear=True, with_pip=True)
            run([python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", SDK])
            run([python, "-c", "import zuora_sdk.zuora_client"])
        except (OSError, subprocess.CalledProcessError):
            return None
        (folder / ".ready").touch()
    return python


def run(command: Sequence[Path | str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
