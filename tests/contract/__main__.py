"""What the suite is worth: which mutants it finds, and what it finds in an honest provider.

`python -m tests.contract mutants` tries the whole suite on each of them, until it finds something.
`python -m tests.contract seeds 20` tries it on the emulator with as many seeds.
`python -m tests.contract suite ...` is `zjr contract ...` for an emulator that it starts.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from zuora_journal_runs.cli.app import zjr
from zuora_journal_runs.contract import Options, Outcome, WrongUse

from .mutants import ALIKE, MUTANTS
from .provider import ENTITY, ORGANISATION, emulator_for_the_suite, suite_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from .mutants import Mutation

TRANSFER = """
import sys, urllib.request
body = b'{"transferredToAccounting": "Yes"}'
urllib.request.urlopen(urllib.request.Request(
    sys.argv[1], body, {"Content-Type": "application/json"}, method="PATCH"))
"""


class Kill(NamedTuple):
    """What became of a mutant."""

    killer: str | None
    """The id of the first rule or phase to find it; None if it survives."""
    seconds: float


def kill(mutation: Mutation, now: Callable[[], float] = time.perf_counter) -> Kill:
    """Try the suite on a mutant until something is found."""
    began = now()
    emulator = emulator_for_the_suite()
    run = suite_for(emulator, Options(), mutation(emulator, emulator.transport().handle_request))
    try:
        run.connect()
    except WrongUse:
        return Kill("no token", now() - began)
    for item in run.items():
        if run.tried(item).outcome is Outcome.FAILED:
            return Kill(item.id, now() - began)
    return Kill(None, now() - began)


def mutants() -> int:
    """Print a line for each mutant, and the kill rate."""
    kills = {}
    for name, (_, mutation) in MUTANTS.items():
        kills[name] = kill(mutation)
        print(f"{name:45} {kills[name].killer or 'SURVIVES':62} {kills[name].seconds:5.2f} s", flush=True)
    print("\nAlike to any client, and so not counted:")
    for name, reason in ALIKE.items():
        print(f"{name:45} {reason}")
    killed = sum(each.killer is not None for each in kills.values())
    seconds = sum(each.seconds for each in kills.values())
    print(f"\n{killed} of {len(kills)} mutants killed ({killed / len(kills):.0%}) in {seconds:.0f} s")
    return int(killed < len(kills))


def seeds(number: int) -> int:
    """Print what is found in the emulator with so many seeds."""
    findings = calls = 0
    began = time.perf_counter()
    for seed in range(1, number + 1):
        run = suite_for(emulator_for_the_suite(), Options(seed=seed))
        run.connect()
        for item in run.items():
            for finding in run.tried(item).findings:
                findings += 1
                print(f"seed {seed}: {finding.rule}: {finding.check}: {finding.message}\n{finding.curl}")
        calls += run.finished().calls
        print(f"seed {seed}: {findings} findings, {calls:,} calls so far", flush=True)
    print(f"\n{findings} findings over {number} seeds, in {calls:,} calls and {time.perf_counter() - began:.0f} s")
    return int(findings > 0)


def suite(arguments: list[str]) -> int:
    """Run `zjr contract` on an emulator that it starts."""
    with emulator_for_the_suite() as emulator:
        os.environ |= {**emulator.environ(), "ZUORA_ENTITY_ID": ENTITY, "ZUORA_ORG_IDS": ORGANISATION}
        transfer = shlex.join([sys.executable, "-c", TRANSFER, f"{emulator.url}/_emulator/entries/{{entry}}"])
        status: int = zjr.main(["contract", "--transfer", transfer, *arguments], standalone_mode=False)
    return status


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["mutants"]:
            sys.exit(mutants())
        case ["seeds", number]:
            sys.exit(seeds(int(number)))
        case ["suite", *arguments]:
            sys.exit(suite(arguments))
        case _:
            sys.exit(__doc__)
