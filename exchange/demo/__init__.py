"""The demo county: invented offices and papers, real keys, real client, real service."""
