"""Pages about returns and corrections."""
