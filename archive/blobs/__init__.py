"""The kept bytes: every accepted container, by the SHA-256 of its bytes."""
