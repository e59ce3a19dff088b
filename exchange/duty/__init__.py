"""Deadlines and nights: the office clock, reminders, extensions, rosters of duty, what is extra urgent, and codes given at night."""
