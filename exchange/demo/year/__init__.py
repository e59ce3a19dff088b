"""A whole year of one county, played through the real interface with the clock in the script's hand."""
