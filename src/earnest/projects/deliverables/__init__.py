"""What is handed in for a milestone, version by version."""
