"""Pages of the staff registry 人员备案: an office's own, the wizard for who leaves, the county's, and the form on paper."""
