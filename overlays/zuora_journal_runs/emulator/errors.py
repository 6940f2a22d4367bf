"""What can go wrong with an emulator itself."""


class EmulatorError(Exception):
    """An emulator cannot do what it was asked to; the message says what to do about it."""


class PortInUse(EmulatorError):
    """Something listens on the port already."""


class DatabaseUnusable(EmulatorError):
    """The database file is in use by another emulator, or is not an emulator's."""
