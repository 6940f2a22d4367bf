"""The operations, a package for each tag."""
