"""Earnest: a marketplace for paid work in which money moves only when the chain says so."""
