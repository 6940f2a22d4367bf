"""What can go wrong with an emulator itself."""


class EmulatorError(Exception):
    """An emulator cannot do what it was asked to; the message says what to do about it."""


class PortInUseError(EmulatorError):
    """Something listens on the port already."""


class DatabaseFileError(EmulatorError):
    """The database file is in use by another emulator, or is not an emulator's."""


class SeedFileError(EmulatorError):
    """A seed file cannot be read, or is not one; the message says where and why."""


class ResourceNotFoundError(EmulatorError, ValueError):
    """There is no such run, entry, fault or snapshot."""
