"""Tracking 督办: who received, opened and signed for what was sent, what is late, who was urged, and what waits for one's own office."""
