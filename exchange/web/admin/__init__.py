"""Administration 管理: offices, people and their one-time codes, service accounts, the policy, how the county stands, what was done."""
