-- Functions of files: all that the API's role can do to them. Applied again after migrations.

-- The account's own ready file with these bytes, if it has one; else a new upload.
-- A hash alone finds nothing of anybody else.
CREATE OR REPLACE FUNCTION file_begin(
  the_id uuid, the_account uuid, the_sha256 bytea, the_size bigint, the_type text,
  the_purpose text, the_upload uuid, ttl_s integer, open_max integer
) RETURNS TABLE (file_id uuid, upload_id uuid, upload_expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
#variable_conflict use_column
DECLARE
  open_now bigint;
BEGIN
  RETURN QUERY
    SELECT f.id, NULL::uuid, NULL::timestamptz FROM files AS f
     WHERE f.account_id = the_account AND f.sha256 = the_sha256 AND f.status = 'ready'
       AND f.size_bytes = the_size AND f.kind = 'picture'
     ORDER BY f.created_at LIMIT 1;
  IF FOUND THEN
    RETURN;
  END IF;
  -- One at a time per account, so that the bound on open uploads holds.
  PERFORM pg_advisory_xact_lock(hashtextextended('earnest.file_begin:' || the_account, 0));
  SELECT count(*) INTO open_now FROM files AS f
   WHERE f.account_id = the_account AND f.status IN ('uploading', 'checking')
     AND f.upload_expires_at > clock_timestamp();
  IF open_now >= open_max THEN
    PERFORM refuse('too_many_uploads', jsonb_build_object('open_max', open_max));
  END IF;
  RETURN QUERY
    INSERT INTO files AS f (id, account_id, sha256, size_bytes, content_type, purpose,
                            upload_id, upload_expires_at)
    VALUES (the_id, the_account, the_sha256, the_size, the_type, the_purpose, the_upload,
            clock_timestamp() + make_interval(secs => ttl_s))
    RETURNING f.id, f.upload_id, f.upload_expires_at;
END $$;

-- As file_begin, for a document. The account's own bytes under another name or type are another
-- file of theirs, ready at once.
CREATE OR REPLACE FUNCTION document_begin(
  the_id uuid, the_account uuid, the_sha256 bytea, the_size bigint, the_type text, the_name text,
  the_purpose text, the_upload uuid, ttl_s integer, open_max integer, bytes_max bigint
) RETURNS TABLE (file_id uuid, upload_id uuid, upload_expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
#variable_conflict use_column
DECLARE
  open_now bigint;
  bytes_now numeric;
  has_bytes boolean;
BEGIN
  RETURN QUERY
    SELECT f.id, NULL::uuid, NULL::timestamptz FROM files AS f
     WHERE f.account_id = the_account AND f.sha256 = the_sha256 AND f.status = 'ready'
       AND f.size_bytes = the_size AND f.kind = 'document'
       AND (f.name, f.content_type, f.purpose) = (the_name, the_type, the_purpose)
     ORDER BY f.created_at LIMIT 1;
  IF FOUND THEN
    RETURN;
  END IF;
  -- One at a time per account, so that both bounds hold.
  PERFORM pg_advisory_xact_lock(hashtextextended('earnest.file_begin:' || the_account, 0));
  SELECT count(*) FILTER (WHERE f.status IN ('uploading', 'checking')
                            AND f.upload_expires_at > clock_timestamp())
    INTO open_now FROM files AS f
   WHERE f.account_id = the_account AND f.status IN ('uploading', 'checking');
  IF open_now >= open_max THEN
    PERFORM refuse('too_many_uploads', jsonb_build_object('open_max', open_max));
  END IF;
  has_bytes := EXISTS (
    SELECT FROM files AS f WHERE f.account_id = the_account AND f.sha256 = the_sha256
       AND f.status = 'ready' AND f.size_bytes = the_size AND f.kind = 'document');
  SELECT coalesce(sum(f.size_bytes), 0) INTO bytes_now FROM files AS f
   WHERE f.account_id = the_account AND f.kind = 'document' AND f.status <> 'rejected';
  IF bytes_now + the_size > bytes_max THEN
    PERFORM refuse('documents_full', jsonb_build_object('bytes_max', bytes_max));
  END IF;
  INSERT INTO files (id, account_id, kind, sha256, size_bytes, content_type, name, purpose,
                     upload_id, upload_expires_at, status, document_sha256, checked_at)
  VALUES (the_id, the_account, 'document', the_sha256, the_size, the_type, the_name, the_purpose,
          the_upload, clock_timestamp() + make_interval(secs => ttl_s),
          CASE WHEN has_bytes THEN 'ready' ELSE 'uploading' END,
          CASE WHEN has_bytes THEN the_sha256 END,
          CASE WHEN has_bytes THEN clock_timestamp() END);
  RETURN QUERY
    SELECT f.id, CASE WHEN NOT has_bytes THEN f.upload_id END,
           CASE WHEN NOT has_bytes THEN f.upload_expires_at END
      FROM files AS f WHERE f.id = the_id;
END $$;

-- uploading -> checking. True if this call did it, so that the caller enqueues one check.
CREATE OR REPLACE FUNCTION file_hand_in(the_id uuid, the_account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  UPDATE files SET status = 'checking'
   WHERE id = the_id AND account_id = the_account AND status = 'uploading';
  RETURN FOUND;
END $$;

REVOKE ALL ON FUNCTION
  document_begin(uuid, uuid, bytea, bigint, text, text, text, uuid, integer, integer, bigint),
  file_begin(uuid, uuid, bytea, bigint, text, text, uuid, integer, integer),
  file_hand_in(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  document_begin(uuid, uuid, bytea, bigint, text, text, text, uuid, integer, integer, bigint),
  file_begin(uuid, uuid, bytea, bigint, text, text, uuid, integer, integer),
  file_hand_in(uuid, uuid) TO earnest_api;
