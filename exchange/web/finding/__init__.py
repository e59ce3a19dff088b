"""The search page and the lists that leave it."""
