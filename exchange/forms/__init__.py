"""Reply forms 回执单: what a document asks its recipients to reply, their answers, and what the sender makes of them."""
