"""Reviews that are shown together, and the reputation that follows from final money."""
