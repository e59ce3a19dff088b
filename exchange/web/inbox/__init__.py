"""The inbox 收文箱: what an office received, read beside its list and acted upon one by one or many at once."""
