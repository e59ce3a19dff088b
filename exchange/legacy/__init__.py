"""Documents from before this exchange 历史件: taken over with their register, unsigned, and said to be so everywhere."""
