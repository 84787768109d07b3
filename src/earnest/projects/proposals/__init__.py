"""Who offers to do a project, and which offer becomes an agreement."""
