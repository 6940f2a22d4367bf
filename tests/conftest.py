"""Settings for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# No test is timed. On CI, hypothesis chooses a profile of its own, which does not time either and has no chance in it.
if "CI" not in os.environ:
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")
