"""The everyday pages of every office: today, submitting, what was sent, items, receipts, refusals."""
