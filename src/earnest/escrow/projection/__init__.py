"""The two views of the contract's state, folded from the log, and made anew from it."""
