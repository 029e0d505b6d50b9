"""Question in, cited answer out, and the ways to ask."""
