"""The elements of an official document, held against the rules that returns are mostly made for. Pure; it predicts, never refuses."""
