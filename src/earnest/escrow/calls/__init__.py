"""Who may do what now, and the unsigned calls with which wallets do it."""
