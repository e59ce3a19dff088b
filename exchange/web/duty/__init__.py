"""Pages of deadlines and nights: the roster and diary of duty, codes given at night, the county's days and reminders, extensions."""
