-- Schedules: which ticks have been turned into a job. The queue's own tables are PgQueuer's.
-- depends: 0100_kit

SET LOCAL search_path = earnest;

-- A tick is fired by whoever inserts its row; nobody can fire it twice, however late they are.
CREATE TABLE job_ticks (
  schedule text NOT NULL CHECK (length(schedule) BETWEEN 1 AND 100),
  slot     bigint NOT NULL,             -- whole periods since 1970-01-01T00:00Z plus the offset
  fired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (schedule, slot)
);

GRANT SELECT, INSERT, DELETE ON job_ticks TO earnest_worker;
