"""`make spec`: read Zuora's documents, rebuild the contract and the client, and say what changed."""

from __future__ import annotations

import sys

from .command import main

sys.exit(main(sys.argv[1:]))
