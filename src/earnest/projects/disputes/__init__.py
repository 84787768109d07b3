"""Evidence of both sides, what arbiters see, and dossiers that prove themselves."""
