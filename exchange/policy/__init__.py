"""Nothing confidential gets in: rules as data, judged purely over what was declared and read."""
