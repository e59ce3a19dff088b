"""The registers of an office on the desk: read, printed, taken away, corrected, carried over and locked."""
