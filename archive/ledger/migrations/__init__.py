"""Numbered steps of the ledger's schema; a released one is never edited."""
