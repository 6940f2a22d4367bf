"""The subcommands, each of which returns its exit status."""
