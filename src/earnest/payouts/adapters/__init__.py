"""What speaks to the outside for payouts."""
