-- Tasks that a worker gave back without voting: they are not offered to that worker again.
-- depends: 0601_task_standing

SET LOCAL search_path = earnest;

CREATE TABLE task_skips (
  worker     uuid NOT NULL REFERENCES accounts,
  task_id    uuid NOT NULL REFERENCES tasks,
  skipped_at timestamptz NOT NULL,
  PRIMARY KEY (worker, task_id)
);
