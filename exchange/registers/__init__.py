"""Registers 收文登记簿 and 发文登记簿: numbered by the events themselves, corrected by new ones, locked by the year."""
