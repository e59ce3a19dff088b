"""Pages of the paper leg: registering, printing, the paperless rate, media, and documents from before."""
