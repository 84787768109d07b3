-- How a task stands, without reading its seats one by one.
-- depends: 0600_tasks

SET LOCAL search_path = earnest;

ALTER TABLE tasks ADD COLUMN last_vote_at timestamptz;

-- The seats of a task that wait for a vote: few, however many votes it has.
CREATE INDEX task_seats_voting ON task_seats (task_id) WHERE waiting IS NOT NULL;
