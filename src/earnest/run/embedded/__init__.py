"""Postgres, an S3 server and a local chain as children of one command on one machine."""
