"""Errors of the emulator itself, as opposed to those that it returns in Zuora's place."""


class EmulatorError(Exception):
    """The emulator cannot do what was requested; the message says what to do about it."""


class PortInUseError(EmulatorError):
    """Another program is listening on the port."""


class DatabaseFileError(EmulatorError):
    """The database file is used by another emulator, or is not an emulator's database."""


class SeedFileError(EmulatorError):
    """A seed file cannot be read or is invalid; the message says where and why."""


class ResourceNotFoundError(EmulatorError, ValueError):
    """There is no such run, entry, fault or snapshot."""
