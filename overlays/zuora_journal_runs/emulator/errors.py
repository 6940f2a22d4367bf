"""What can go wrong with an emulator itself."""


class EmulatorError(Exception):
    """An emulator cannot do what it was asked to; the message says what to do about it."""


class PortInUse(EmulatorError):
    """Something listens on the port already."""


class DatabaseUnusable(EmulatorError):
    """The database file is in use by another emulator, or is not an emulator's."""


class SeedUnusable(EmulatorError):
    """A seed file cannot be read, or is not one; the message says where and why."""


class NotThere(EmulatorError, ValueError):
    """There is no such run, entry, fault or snapshot."""
