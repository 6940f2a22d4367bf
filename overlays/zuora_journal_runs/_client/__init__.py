"""The clients, and what their methods do, written once without I/O."""
