"""The ledger 系统台账: the one place where state is decided. Everything else is derived from it or rebuilt."""
