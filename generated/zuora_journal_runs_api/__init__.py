"""The typed client that openapi-python-client makes of openapi/journal-runs.yaml. Made by `make generate`; not edited."""

from .client import Client

__all__ = ("Client",)
