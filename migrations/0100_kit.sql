-- What every domain stands on: the schema, the roles' reach, events, idempotency keys.
-- depends:

REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA earnest;
GRANT USAGE ON SCHEMA earnest
  TO earnest_api, earnest_worker, earnest_indexer, earnest_signer_ro;
-- A function is nobody's until it is granted.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SET LOCAL search_path = earnest;

CREATE TABLE events (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  position bigint UNIQUE,             -- set once, after commit, by events_sequence()
  type     text NOT NULL,
  subject  text NOT NULL,
  data     jsonb NOT NULL,
  at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX events_unsequenced ON events (id) WHERE position IS NULL;
CREATE INDEX events_by_subject ON events (subject, id);

CREATE TABLE event_cursors (
  reader   text PRIMARY KEY,
  position bigint NOT NULL DEFAULT 0,
  moved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE idempotency_keys (
  account_id uuid NOT NULL,
  route      text NOT NULL,
  key        text NOT NULL,
  body_hash  bytea NOT NULL,
  answer     jsonb,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (account_id, route, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

GRANT SELECT, INSERT ON events TO earnest_api, earnest_worker, earnest_indexer;
GRANT SELECT, UPDATE ON event_cursors TO earnest_worker, earnest_indexer;
GRANT SELECT ON event_cursors TO earnest_api;
GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO earnest_api;
GRANT SELECT, DELETE ON idempotency_keys TO earnest_worker;
