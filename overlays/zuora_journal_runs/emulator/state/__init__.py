"""What an emulator remembers: runs, entries, users and tokens, and the rules by which they change."""
