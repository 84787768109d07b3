"""`make bench`: how fast Earnest is beside others doing the same work on the same machine.

Every figure is a ratio within one run. Absolute times belong to one machine and gate nothing.
"""
