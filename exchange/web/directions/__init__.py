"""The room for directions: taking back, sending on to further offices, and groups of recipients."""
