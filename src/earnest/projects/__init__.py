"""Projects: posted, proposed to, agreed on, funded in an escrow, handed in. See README.md."""
