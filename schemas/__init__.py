"""The words of the house: messages, states, kinds, problems. Imports nothing of ours and does no I/O but reading its own files."""
