"""Entry points and wiring: what may import every domain, and is imported by none."""
