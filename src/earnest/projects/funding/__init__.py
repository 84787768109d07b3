"""Which escrow is whose project, and what has been named and not been seen yet."""
