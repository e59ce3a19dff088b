"""Deliveries 收件: the state table, who may see what, and the moves that people make."""
