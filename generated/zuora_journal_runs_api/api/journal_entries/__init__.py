"""The operations of this tag, a module each."""
