"""Money, clock, ids, database, settings, errors, events, idempotency: what every domain uses."""
