"""Getting in: enrolling a browser, signing in, one's own sign-in ways, and saying again who one is."""
