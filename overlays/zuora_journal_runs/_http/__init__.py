"""One API call: authentication, rate limits, deadlines and transports.

Other packages import from here, never from the modules inside. Each name is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from zuora_journal_runs._lazy import lazy_names

if TYPE_CHECKING:
    from .auth import Authorization, Authorizer, TokenFunction
    from .clock import Clock, SystemClock, default_clock, use_clock
    from .connection import AsyncConnection, Connection
    from .flow import Await, Flow, Invoke, Sleep, Step, T, Transmit, Wait, drive
    from .headers import (
        parse_entity_id,
        parse_entry_number,
        parse_idempotency_key,
        parse_org_ids,
        parse_token,
        parse_track_id,
        parse_zuora_version,
    )
    from .options import (
        Attempt,
        OptionChanges,
        Options,
        Timeouts,
        changed,
        parse_callable,
        parse_count,
        parse_seconds,
    )
    from .pipeline import Pipeline
    from .polling import Polling
    from .rate_limit import RateLimiter
    from .request import Request, path_on
    from .retry import Backoff, FailedAttempt, RetryPolicy, retry_after
    from .run_number import RunNumber
    from .token_cache import Credentials, Secret
    from .tracing import method_span
    from .transports import default_async_transport, default_transport, proxy_for
else:
    __getattr__ = lazy_names(
        __name__,
        {
            ".auth": ("Authorization", "Authorizer", "TokenFunction"),
            ".clock": ("Clock", "SystemClock", "default_clock", "use_clock"),
            ".connection": ("AsyncConnection", "Connection"),
            ".flow": ("Await", "Flow", "Invoke", "Sleep", "Step", "T", "Transmit", "Wait", "drive"),
            ".headers": (
                "parse_entity_id",
                "parse_entry_number",
                "parse_idempotency_key",
                "parse_org_ids",
                "parse_token",
                "parse_track_id",
                "parse_zuora_version",
            ),
            ".options": (
                "Attempt",
                "OptionChanges",
                "Options",
                "Timeouts",
                "changed",
                "parse_callable",
                "parse_count",
                "parse_seconds",
            ),
            ".pipeline": ("Pipeline",),
            ".polling": ("Polling",),
            ".rate_limit": ("RateLimiter",),
            ".request": ("Request", "path_on"),
            ".retry": ("Backoff", "FailedAttempt", "RetryPolicy", "retry_after"),
            ".run_number": ("RunNumber",),
            ".token_cache": ("Credentials", "Secret"),
            ".tracing": ("method_span",),
            ".transports": ("default_async_transport", "default_transport", "proxy_for"),
        },
    )

__all__ = [
    "AsyncConnection",
    "Attempt",
    "Authorization",
    "Authorizer",
    "Await",
    "Backoff",
    "Clock",
    "Connection",
    "Credentials",
    "FailedAttempt",
    "Flow",
    "Invoke",
    "OptionChanges",
    "Options",
    "Pipeline",
    "Polling",
    "RateLimiter",
    "Request",
    "RetryPolicy",
    "RunNumber",
    "Secret",
    "Sleep",
    "Step",
    "SystemClock",
    "T",
    "Timeouts",
    "TokenFunction",
    "Transmit",
    "Wait",
    "changed",
    "default_async_transport",
    "default_clock",
    "default_transport",
    "drive",
    "method_span",
    "parse_callable",
    "parse_count",
    "parse_entity_id",
    "parse_entry_number",
    "parse_idempotency_key",
    "parse_org_ids",
    "parse_seconds",
    "parse_token",
    "parse_track_id",
    "parse_zuora_version",
    "path_on",
    "proxy_for",
    "retry_after",
    "use_clock",
]
