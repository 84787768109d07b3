"""What speaks to object stores."""
