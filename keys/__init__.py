"""Trust: who signed what, when, and how a stranger can check it. Pure but for the custody of key files."""
