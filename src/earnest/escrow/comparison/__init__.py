"""What the projection says, held against what the contract itself says."""
