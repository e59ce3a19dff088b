"""Pages of tracking 督办: the receipt matrix of a sent item, and the one screen of what is to be looked after."""
