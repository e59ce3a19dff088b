"""What several benchmarks share: a county, papers, servers as processes of their own, a load generator, figures."""
