"""Offices, people, enrolment, and who is asking."""
