"""What should not have been let in: sealed at once, opened by confidentiality officers alone, released or destroyed by two."""
