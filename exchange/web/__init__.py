"""The desk: the web for clerks, reviewers and administrators. Pages are rendered here; what they show is asked of the other rooms."""
