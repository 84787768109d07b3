-- Rate limits: one row per key and window. Kept in the database so that all processes count
-- together; not logged, because a limit forgotten in a crash does no harm.
-- depends: 0100_kit

SET LOCAL search_path = earnest;

CREATE UNLOGGED TABLE rate_limits (
  key_hash bytea PRIMARY KEY CHECK (octet_length(key_hash) = 32),
  hits     integer NOT NULL CHECK (hits > 0),
  ends_at  timestamptz NOT NULL
);
CREATE INDEX rate_limits_by_end ON rate_limits (ends_at);

GRANT SELECT, INSERT, UPDATE ON rate_limits TO earnest_api;
GRANT SELECT, DELETE ON rate_limits TO earnest_worker;
