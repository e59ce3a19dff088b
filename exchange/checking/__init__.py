"""Checking a county folder against itself: blobs, rows, log and receipts."""
