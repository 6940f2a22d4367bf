"""Settings for all tests."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# No test is timed. On CI, hypothesis chooses a profile of its own, which does not time either and has no chance in it.
if "CI" not in os.environ:
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")

# A process that a shell starts in the background ignores Ctrl-C, and hands that down to the commands under test.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
