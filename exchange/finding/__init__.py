"""Finding 检索: questions over what one's office sent and received; the ledger decides what of the answers is shown."""
