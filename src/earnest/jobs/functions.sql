-- Queues a job that is held again, with all its tries, and says what it was. It is PgQueuer's own
-- statement for one job, as a function: so whoever may try a held job again need not be able to
-- change any other.
CREATE OR REPLACE FUNCTION jobs_retry_held(job bigint, OUT job_type text, OUT tries integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  key text;
BEGIN
  SELECT entrypoint, attempts + 1, dedupe_key INTO job_type, tries, key
    FROM pgqueuer WHERE id = job AND status = 'failed' FOR UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('job_not_held', jsonb_build_object('id', job));
  END IF;
  WITH requeued AS (
    UPDATE pgqueuer SET status = 'queued', execute_after = now(), updated = now(), attempts = 0,
                        queue_manager_id = NULL
     WHERE id = job RETURNING id, entrypoint, priority
  )
  INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
    SELECT r.id, 'queued', r.entrypoint, r.priority FROM requeued AS r;
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('job_queued_anew', jsonb_build_object('id', job, 'dedupe_key', key));
END $$;

GRANT EXECUTE ON FUNCTION jobs_retry_held(bigint) TO earnest_worker, earnest_api;
