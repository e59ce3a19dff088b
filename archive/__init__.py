"""Keeping: the ledger, the blobs, and the reading of documents. Knows no HTTP."""
