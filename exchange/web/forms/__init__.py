"""The pages of reply forms 回执单: answering one, and what the sender makes of the answers."""
