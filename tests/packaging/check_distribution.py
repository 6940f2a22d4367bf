"""Build the distribution twice, read it, install it into empty environments and run it there.

python tests/packaging/check_distribution.py

It wants the development environment (`make check` sets it up), says what is wrong and exits 1.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements-dev.lock"
FRAGMENT = ROOT / "openapi" / "journal-runs.yaml"
PACKAGES = (
    ROOT / "generated" / "zuora_journal_runs_api",
    ROOT / "overlays" / "zuora_journal_runs",
)
MODULE = (sys.executable, "-m")
PACKAGED_FRAGMENT = "zuora_journal_runs/journal-runs.yaml"
ELSEWHERE = {"LC_ALL": "C", "SOURCE_DATE_EPOCH": "1580601600", "TZ": "UTC-14"}
"""Variables of the second build. The date is hatchling's own, which it takes where none is set."""
PY_TYPED = {"zuora_journal_runs/py.typed", "zuora_journal_runs_api/py.typed"}


class CheckFailedError(Exception):
    """Something about the distribution is not as it must be."""


def expect(condition: bool, problem: str) -> None:
    if not condition:
        raise CheckFailedError(problem)


def run(
    *command: str | Path, cwd: Path, status: int = 0, variables: Mapping[str, str] | None = None, umask: int = -1
) -> str:
    """Run a command to its end, insist on its exit status and return what it printed."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COVERAGE_", "PYTHON", "VIRTUAL_ENV", "ZUORA_"))
    }
    done = subprocess.run(
        command,
        cwd=cwd,
        env=clean | dict(variables or {}),
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    line = " ".join(str(part) for part in command)
    expect(
        done.returncode == status,
        f"{line}\nexited {done.returncode}, not {status}:\n{done.stdout}",
    )
    return done.stdout


class Environment:
    """A virtual environment with nothing in it, not even pip."""

    def __init__(self, path: Path) -> None:
        venv.create(path, symlinks=os.name != "nt")
        self.path = path
        self.bin = path / ("Scripts" if os.name == "nt" else "bin")

    def install(self, requirement: str, constraints: Path) -> None:
        run(
            *MODULE,
            *("pip", "--python", self.path, "--disable-pip-version-check"),
            *("install", "-qq", "--no-compile", "--constraint", constraints, requirement),
            cwd=self.path,
        )

    def python(self, *arguments: str) -> str:
        return run(self.bin / "python", *arguments, cwd=self.path)

    def zjr(self, *arguments: str, status: int = 0) -> str:
        return run(self.bin / "zjr", *arguments, cwd=self.path, status=status)


def build(into: Path) -> tuple[Path, Path]:
    """Build the sdist from the tree and the wheel from the sdist."""
    run(*MODULE, "build", "--no-isolation", "--outdir", into, ROOT, cwd=into)
    (sdist,) = into.glob("*.tar.gz")
    (wheel,) = into.glob("*.whl")
    return sdist, wheel


def check_reproducible(sdist: Path, wheel: Path, scratch: Path) -> None:
    """Build both again from the sdist, at another place and under unlike conditions, and compare every byte."""
    with tarfile.open(sdist) as archive:
        # Python 3.11.2 has no filters yet; where there are, this is the default of later versions.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(scratch)
    (tree,) = scratch.iterdir()
    umask = 0o077 if os.name == "posix" else -1
    run(*MODULE, "build", "--no-isolation", cwd=tree, variables=ELSEWHERE, umask=umask)
    for first in (sdist, wheel):
        second = tree / "dist" / first.name
        expect(second.read_bytes() == first.read_bytes(), f"a second build makes another {first.name}")


def sources() -> Iterator[str]:
    """Name every file of the two packages as the wheel should name it."""
    for package in PACKAGES:
        for path in package.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(package.parent).as_posix()


def check_wheel(wheel: Path) -> Message:
    """Hold the wheel's files against the tree and return its metadata."""
    run(*MODULE, "twine", "check", "--strict", wheel, cwd=ROOT)
    run(*MODULE, "check_wheel_contents", "--config", ROOT / "pyproject.toml", wheel, cwd=ROOT)
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        wanted = {*sources(), PACKAGED_FRAGMENT} | PY_TYPED
        expect(names >= wanted, f"not in the wheel: {sorted(wanted - names)}")
        expect(names <= wanted, f"in the wheel, but not in the packages: {sorted(names - wanted)}")
        expect(
            archive.read(PACKAGED_FRAGMENT) == FRAGMENT.read_bytes(),
            "the wheel's fragment is not openapi/journal-runs.yaml",
        )
        (named,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = BytesParser().parsebytes(archive.read(named))
        (sbom,) = (name for name in archive.namelist() if ".dist-info/sboms/" in name)
        expect(sbom.endswith(".dist-info/sboms/zuora-journal-runs.cdx.json"), f"the bill of materials is {sbom}")
        check_sbom(archive.read(sbom).decode(), metadata)
    return metadata


def check_sbom(text: str, metadata: Message) -> None:
    """Check that the bill of materials is valid, and names what the metadata names."""
    problem = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text)
    expect(problem is None, f"the bill of materials is not valid CycloneDX 1.7: {problem}")
    sbom = json.loads(text)
    package = sbom["metadata"]["component"]
    purl = f"pkg:pypi/{metadata['Name']}@{metadata['Version']}"
    expect((package["version"], package["purl"]) == (metadata["Version"], purl), f"it describes {package['purl']}")
    named = {(each["name"], each["scope"]) for each in sbom["components"]}
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    required = {each.name for each in requirements if each.marker is None}
    optional = {each.name for each in requirements} - required - {metadata["Name"]}
    wanted = {(name, "required") for name in required} | {(name, "optional") for name in optional}
    expect(named == wanted, f"the bill of materials and the metadata differ: {sorted(named ^ wanted)}")


def check_sdist(sdist: Path) -> None:
    run(*MODULE, "twine", "check", "--strict", sdist, cwd=ROOT)
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"CHANGELOG.md", "LICENSE", "Makefile", "README.md", "hatch_build.py", "pyproject.toml", LOCK.name}
    expect(names >= wanted, f"not in the sdist: {sorted(wanted - names)}")
    litter = re.compile(r"__pycache__|_cache/|node_modules|\.venv")
    found = sorted(filter(litter.search, names))
    expect(not found, f"in the sdist, but not source: {found[:5]}")


def lowest(metadata: Message) -> Iterator[str]:
    """Pin each dependency that has a lower bound to it."""
    for line in metadata.get_all("Requires-Dist", []):
        requirement = Requirement(line)
        for specifier in requirement.specifier:
            if specifier.operator == ">=":
                yield f"{requirement.name}=={specifier.version}\n"


def check_bare(environment: Environment, wheel: Path, version: str) -> None:
    """Without extras the package imports whole, and the command names the extra that it lacks."""
    environment.install(f"{wheel}", LOCK)
    exported = "import zuora_journal_runs as z; [getattr(z, n) for n in z.__all__]"
    printed = environment.python("-W", "error", "-c", f"{exported}; print(z.__version__)")
    expect(printed.strip() == version, f"__version__ is {printed.strip()}, not {version}")
    said = environment.zjr("--version", status=1)
    expect(
        "zuora-journal-runs[cli]" in said and len(said.splitlines()) == 1,
        f"without its extra zjr should say in one line what to install, but says:\n{said}",
    )


def check_command(environment: Environment, wheel: Path, version: str, constraints: Path) -> None:
    """With the extras the command tells its version and the demonstration runs."""
    environment.install(f"{wheel}[cli,emulator]", constraints)
    said = environment.zjr("--version")
    expect(version in said, f"zjr --version says {said!r}, not {version}")
    environment.zjr("demo")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        sdist, wheel = build(scratch)
        (scratch / "again").mkdir()
        check_reproducible(sdist, wheel, scratch / "again")
        check_sdist(sdist)
        metadata = check_wheel(wheel)
        version = metadata["Version"]

        newest = Environment(scratch / "newest")
        check_bare(newest, wheel, version)
        check_command(newest, wheel, version, constraints=LOCK)

        bounds = scratch / "lowest.txt"
        bounds.write_text("".join(lowest(metadata)))
        check_command(Environment(scratch / "oldest"), wheel, version, constraints=bounds)


if __name__ == "__main__":
    try:
        main()
    except CheckFailedError as failure:
        sys.exit(f"{failure}")
