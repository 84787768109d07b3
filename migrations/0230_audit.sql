-- What operators did, who and why, in one book. It only grows.
-- depends: 0100_kit 0200_accounts

SET LOCAL search_path = earnest;

CREATE TABLE operator_acts (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- An account signed in on the pages; a name was given on the command line by whoever holds the
  -- database's password. One of the two, so that neither passes for the other.
  by_account uuid REFERENCES accounts,
  by_name    text CHECK (length(by_name) BETWEEN 1 AND 200),
  act        text NOT NULL CHECK (act ~ '^[a-z]+(_[a-z]+)*$' AND length(act) <= 60),
  subject    text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),  -- kind:id
  note       text NOT NULL CHECK (length(note) <= 2000),
  facts      jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object'),
  CHECK (num_nonnulls(by_account, by_name) = 1)
);
CREATE INDEX operator_acts_by_act ON operator_acts (act, id DESC);
CREATE INDEX operator_acts_by_subject ON operator_acts (subject, id DESC);
CREATE INDEX operator_acts_by_account ON operator_acts (by_account, id DESC)
  WHERE by_account IS NOT NULL;
CREATE INDEX operator_acts_by_name ON operator_acts (by_name, id DESC) WHERE by_name IS NOT NULL;

GRANT SELECT ON operator_acts TO earnest_api, earnest_worker, earnest_indexer;
-- The time is the database's own. The API writes for accounts alone, the command line for names.
GRANT INSERT (by_account, act, subject, note, facts) ON operator_acts TO earnest_api;
GRANT INSERT (by_name, act, subject, note, facts) ON operator_acts
  TO earnest_worker, earnest_indexer;
