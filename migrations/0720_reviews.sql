-- Reviews: both sides once, after everything is final.
-- depends: 0710_disputes

SET LOCAL search_path = earnest;

CREATE TABLE reviews (
  project_id      uuid NOT NULL REFERENCES projects,
  side            text NOT NULL CHECK (side IN ('client', 'freelancer')),  -- who wrote it
  author          uuid NOT NULL REFERENCES accounts,
  contract        text NOT NULL,
  creation_tx_id  text NOT NULL,            -- the escrow that it is about
  author_address  text NOT NULL,
  subject_address text NOT NULL,
  rating          smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
  text            text NOT NULL CHECK (length(text) <= 5000),
  written_at      timestamptz NOT NULL,
  PRIMARY KEY (project_id, side),
  CHECK (author_address <> subject_address)
);
CREATE INDEX reviews_of ON reviews (subject_address, written_at DESC, project_id);

GRANT SELECT ON reviews TO earnest_api, earnest_worker, earnest_indexer;
GRANT INSERT ON reviews TO earnest_api;
