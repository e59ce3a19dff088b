"""Finding: what is kept can be found by any piece of its text, and nobody finds what they may not open."""
