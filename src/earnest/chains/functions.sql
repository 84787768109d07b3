-- The only code that writes the chain log and its cursors. Granted to the indexer alone.

CREATE OR REPLACE TRIGGER chain_log_append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON chain_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Takes or renews the fence of a chain for `lease`. False while another holder's lease runs.
CREATE OR REPLACE FUNCTION chain_fence_take(of_chain text, nonce uuid, lease interval)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  INSERT INTO chain_cursors (chain) VALUES (of_chain) ON CONFLICT DO NOTHING;
  UPDATE chain_cursors
     SET fence = nonce, fence_until = clock_timestamp() + lease
   WHERE chain = of_chain
     AND (fence IS NULL OR fence = nonce OR fence_until <= clock_timestamp());
  RETURN FOUND;
END $$;

-- Gives the fence back, if it is still held.
CREATE OR REPLACE FUNCTION chain_fence_release(of_chain text, nonce uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
  UPDATE chain_cursors SET fence = NULL, fence_until = NULL
   WHERE chain = of_chain AND fence = nonce;
$$;

-- Locks the chain's cursor for the transaction and checks that `nonce` may write.
CREATE OR REPLACE FUNCTION chain_cursor_lock(of_chain text, nonce uuid) RETURNS chain_cursors
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  at_cursor chain_cursors;
BEGIN
  SELECT * INTO at_cursor FROM chain_cursors WHERE chain = of_chain FOR UPDATE;
  -- A lapsed lease that nobody took is still ours: nothing was written in between.
  IF at_cursor.fence IS DISTINCT FROM nonce THEN
    PERFORM refuse('chain_fence_lost', jsonb_build_object('chain', of_chain));
  END IF;
  IF at_cursor.halted_reason IS NOT NULL THEN
    PERFORM refuse('chain_halted',
                   jsonb_build_object('chain', of_chain, 'reason', at_cursor.halted_reason));
  END IF;
  RETURN at_cursor;
END $$;

-- Appends facts in their order and moves the cursors, in one go.
--   facts:   [{kind, blockId, txId, eventIndex, slot, data}]
--   at:      {genesisHash, slot, blockHeight, time}
--   streams: [{address, newestTxId, newestSlot, balanceMinor}]
-- A fact that is there already is left alone; with other data it is refused, because one of the
-- two answers of the node was wrong. Returns how many rows were added.
CREATE OR REPLACE FUNCTION chain_append(
  of_chain text, nonce uuid, facts jsonb, at jsonb, streams jsonb
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  cursor_row chain_cursors;
  next_seq bigint;
  fact jsonb;
  -- What one node knows and another does not: no reason to call either wrong.
  unsure CONSTANT text[] := '{blockTime,indexInBlock}';
BEGIN
  cursor_row := chain_cursor_lock(of_chain, nonce);
  IF cursor_row.genesis_hash <> at->>'genesisHash' THEN
    PERFORM refuse('chain_genesis_differs', jsonb_build_object(
      'chain', of_chain, 'known', cursor_row.genesis_hash, 'found', at->>'genesisHash'));
  END IF;
  next_seq := cursor_row.last_seq + 1;
  FOR fact IN SELECT value FROM jsonb_array_elements(facts) WITH ORDINALITY ORDER BY ordinality
  LOOP
    INSERT INTO chain_log (chain, seq, kind, block_id, tx_id, event_index, slot, data)
    VALUES (of_chain, next_seq, fact->>'kind', fact->>'blockId', fact->>'txId',
            (fact->>'eventIndex')::integer, (fact->>'slot')::bigint, fact->'data')
    ON CONFLICT (chain, slot, block_id, tx_id, event_index, kind, nth) DO NOTHING;
    IF FOUND THEN
      next_seq := next_seq + 1;
    ELSIF NOT EXISTS (
      SELECT FROM chain_log
       WHERE chain = of_chain AND slot = (fact->>'slot')::bigint
         AND block_id = fact->>'blockId' AND tx_id = fact->>'txId'
         AND event_index = (fact->>'eventIndex')::integer AND kind = fact->>'kind'
         AND data - unsure = (fact->'data') - unsure
    ) THEN
      PERFORM refuse('chain_fact_differs',
                     jsonb_build_object('chain', of_chain, 'tx_id', fact->>'txId'));
    END IF;
  END LOOP;
  INSERT INTO chain_stream_cursors (chain, address, newest_tx_id, newest_slot, balance_minor)
  SELECT of_chain, s->>'address', s->>'newestTxId', (s->>'newestSlot')::bigint,
         (s->>'balanceMinor')::numeric
    FROM jsonb_array_elements(streams) AS s
  ON CONFLICT (chain, address) DO UPDATE
     SET newest_tx_id = excluded.newest_tx_id, newest_slot = excluded.newest_slot,
         balance_minor = excluded.balance_minor;
  UPDATE chain_cursors
     SET genesis_hash = coalesce(genesis_hash, at->>'genesisHash'),
         last_seq = next_seq - 1,
         followed_slot = greatest(followed_slot, (at->>'slot')::bigint),
         followed_block_height =
           greatest(followed_block_height, (at->>'blockHeight')::bigint),
         followed_time = greatest(followed_time, (at->>'time')::timestamptz),
         moved_at = clock_timestamp()
   WHERE chain = of_chain;
  RETURN next_seq - 1 - cursor_row.last_seq;
END $$;

-- Stops the chain until an operator has looked. The first reason stays.
CREATE OR REPLACE FUNCTION chain_halt(of_chain text, nonce uuid, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  UPDATE chain_cursors
     SET halted_reason = reason, halted_at = clock_timestamp()
   WHERE chain = of_chain AND fence = nonce AND halted_reason IS NULL;
END $$;

-- An operator has looked. Whatever made the chain halt makes it halt again if it is still so; but
-- final events of Stacks that the halt was about may now be taken back, down to its height.
CREATE OR REPLACE FUNCTION chain_resume(of_chain text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  UPDATE chain_cursors SET halted_reason = NULL, halted_at = NULL
   WHERE chain = of_chain AND halted_reason IS NOT NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF of_chain = 'stacks' THEN
    UPDATE stacks_sync SET permitted_rewind = halted_rewind, halted_rewind = NULL;
  END IF;
  RETURN true;
END $$;

-- Begins the one row of Stacks, and refuses another contract than it was begun with.
CREATE OR REPLACE FUNCTION stacks_begin(nonce uuid, of_contract text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  known text;
BEGIN
  PERFORM chain_cursor_lock('stacks', nonce);
  INSERT INTO stacks_sync (contract) VALUES (of_contract) ON CONFLICT DO NOTHING;
  SELECT contract INTO known FROM stacks_sync;
  IF known <> of_contract THEN
    PERFORM refuse('stacks_contract_differs',
                   jsonb_build_object('known', known, 'configured', of_contract));
  END IF;
END $$;

-- Below, plans are kept from reading the whole log: statistics are missing or old while a backfill
-- makes it grow, and the planner then takes a table of millions for a small one.

-- Events that count now, the newest in the chain first: those before the place that is given.
CREATE OR REPLACE FUNCTION stacks_counting_before(
  before_height bigint, before_tx_index integer, before_event_index integer, at_most integer
) RETURNS TABLE (block_id text, tx_id text, event_index integer, height bigint,
                 burn_height bigint, block_time bigint, tx_index integer, hex text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = earnest, pg_temp
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT entry.block_id, entry.tx_id, entry.event_index, entry.slot,
         (entry.data->>'burnHeight')::bigint, (entry.data->>'blockTime')::bigint,
         (entry.data->>'txIndex')::integer, entry.data->>'hex'
    FROM chain_log AS entry
   WHERE entry.chain = 'stacks' AND entry.slot <= before_height
     AND (entry.kind = 'final' OR entry.kind = 'observed' AND (
       SELECT here.seq FROM stacks_provisional AS here
        WHERE here.height = entry.slot AND here.tx_index = (entry.data->>'txIndex')::integer
          AND here.event_index = entry.event_index) = entry.seq)
     AND (SELECT count(*) FROM chain_log AS undone
           WHERE undone.chain = 'stacks' AND undone.slot = entry.slot
             AND undone.block_id = entry.block_id AND undone.tx_id = entry.tx_id
             AND undone.event_index = entry.event_index AND undone.kind = 'reverted'
             AND undone.nth = entry.nth) = 0
     AND (entry.slot, (entry.data->>'txIndex')::integer, entry.event_index)
         < (before_height, before_tx_index, before_event_index)
   ORDER BY entry.slot DESC, (entry.data->>'txIndex')::integer DESC, entry.event_index DESC
   LIMIT at_most;
$$;

-- Takes back, newest first, every event that counts above `keep_height`. Final ones only where an
-- operator permitted it. Returns how many rows of the log that made.
CREATE OR REPLACE FUNCTION stacks_take_back(last_seq bigint, keep_height bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp
  SET enable_seqscan = off AS $$
DECLARE
  sync stacks_sync;
  made bigint;
BEGIN
  SELECT * INTO sync FROM stacks_sync;
  IF keep_height < coalesce(sync.final_height, -1)
     AND keep_height < coalesce(sync.permitted_rewind, sync.final_height) THEN
    PERFORM refuse('chain_reorg_below_finality',
                   jsonb_build_object('height', keep_height, 'final_height', sync.final_height));
  END IF;
  INSERT INTO chain_log (chain, seq, kind, block_id, tx_id, event_index, slot, nth, data)
  SELECT 'stacks',
         last_seq + row_number() OVER (
           ORDER BY slot DESC, (data->>'txIndex')::integer DESC, event_index DESC),
         'reverted', block_id, tx_id, event_index, slot, nth, data
    FROM (
      SELECT entry.* FROM stacks_provisional AS here
        JOIN chain_log AS entry ON entry.chain = 'stacks' AND entry.seq = here.seq
       WHERE here.height > keep_height
      UNION ALL
      SELECT entry.* FROM chain_log AS entry
       WHERE keep_height < sync.final_height AND entry.chain = 'stacks'
         AND entry.slot > keep_height AND entry.kind = 'final'
         AND NOT EXISTS (
           SELECT FROM chain_log AS undone
            WHERE undone.chain = 'stacks' AND undone.slot = entry.slot
              AND undone.block_id = entry.block_id AND undone.tx_id = entry.tx_id
              AND undone.event_index = entry.event_index AND undone.kind = 'reverted'
              AND undone.nth = entry.nth)
    ) AS counting;
  GET DIAGNOSTICS made = ROW_COUNT;
  DELETE FROM stacks_provisional WHERE height > keep_height;
  IF keep_height < sync.final_height THEN
    UPDATE stacks_sync SET final_height = NULL, final_block_id = NULL, final_burn_height = NULL;
  END IF;
  RETURN made;
END $$;

-- Events that were observed and are final now, in the order of the chain.
CREATE OR REPLACE FUNCTION stacks_make_final(last_seq bigint, through_height bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp
  SET enable_seqscan = off AS $$
DECLARE
  made bigint;
BEGIN
  INSERT INTO chain_log (chain, seq, kind, block_id, tx_id, event_index, slot, nth, data)
  SELECT 'stacks',
         last_seq + row_number() OVER (ORDER BY here.height, here.tx_index, here.event_index),
         'final', entry.block_id, entry.tx_id, entry.event_index, entry.slot, entry.nth, entry.data
    FROM stacks_provisional AS here
    JOIN chain_log AS entry ON entry.chain = 'stacks' AND entry.seq = here.seq
   WHERE here.height <= through_height;
  GET DIAGNOSTICS made = ROW_COUNT;
  DELETE FROM stacks_provisional WHERE height <= through_height;
  RETURN made;
END $$;

-- New events in the order of the chain, each given as the elements at one place of the arrays.
-- Those up to the indexed height are there already and are left alone. Returns how many were new.
CREATE OR REPLACE FUNCTION stacks_add_events(
  last_seq bigint, of_contract text, indexed bigint, final bigint,
  block_ids text[], tx_ids text[], event_indexes integer[], heights bigint[],
  burn_heights bigint[], block_times bigint[], tx_indexes integer[], hexes text[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp
  SET enable_seqscan = off AS $$
DECLARE
  made bigint;
  -- Nearly always nothing was ever taken back at these heights, and no row has to look.
  again CONSTANT boolean := EXISTS (
    SELECT FROM chain_log WHERE chain = 'stacks' AND kind = 'reverted' AND slot > indexed);
BEGIN
  WITH given AS (
    SELECT * FROM unnest(block_ids, tx_ids, event_indexes, heights, burn_heights, block_times,
                         tx_indexes, hexes) WITH ORDINALITY
      AS g (block_id, tx_id, event_index, height, burn_height, block_time, tx_index, hex, place)
     WHERE g.height > indexed
  ), added AS (
    INSERT INTO chain_log (chain, seq, kind, block_id, tx_id, event_index, slot, nth, data)
    SELECT 'stacks', last_seq + row_number() OVER (ORDER BY place),
           CASE WHEN height <= final THEN 'final' ELSE 'observed' END,
           block_id, tx_id, event_index, height,
           CASE WHEN NOT again THEN 0 ELSE coalesce((
             SELECT max(undone.nth) + 1 FROM chain_log AS undone
              WHERE undone.chain = 'stacks' AND undone.slot = given.height
                AND undone.block_id = given.block_id AND undone.tx_id = given.tx_id
                AND undone.event_index = given.event_index AND undone.kind = 'reverted'), 0) END,
           jsonb_build_object('contract', of_contract, 'hex', hex, 'burnHeight', burn_height,
                              'blockTime', block_time, 'txIndex', tx_index)
      FROM given
    RETURNING kind, slot, event_index, seq, (data->>'txIndex')::integer AS tx_index
  ), kept AS (
    INSERT INTO stacks_provisional (height, tx_index, event_index, seq)
    SELECT slot, tx_index, event_index, seq FROM added WHERE kind = 'observed'
  )
  SELECT count(*) INTO made FROM added;
  RETURN made;
END $$;

-- Blocks that count now. One that counted before, and lost, counts again.
CREATE OR REPLACE FUNCTION stacks_add_blocks(blocks jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
  INSERT INTO stacks_blocks (block_id, parent_id, height, burn_height, burn_hash, block_time)
  SELECT "blockId", "parentId", height, "burnHeight", "burnHash", "blockTime"
    FROM jsonb_to_recordset(blocks) AS b (
      "blockId" text, "parentId" text, height bigint, "burnHeight" bigint, "burnHash" text,
      "blockTime" bigint)
  ON CONFLICT (block_id) DO UPDATE SET canonical = true, orphaned_at = NULL;
$$;

-- One step of following Stacks, in one go: what a reorg took back, what became final, and what is
-- new, in this order. `step`:
--   {keepBlocks, keepEvents: the height above which blocks, events are taken back; null: none,
--    blocks: [{blockId, parentId, height, burnHeight, burnHash, blockTime}],
--    tip: {height, blockId, burnHeight, time}, final: {height, blockId, burnHeight} or null,
--    indexedHeight}
-- The rest is new events, as in stacks_add_events. Returns how many rows the log has more.
CREATE OR REPLACE FUNCTION stacks_append(
  nonce uuid, step jsonb,
  block_ids text[], tx_ids text[], event_indexes integer[], heights bigint[],
  burn_heights bigint[], block_times bigint[], tx_indexes integer[], hexes text[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  cursor_row chain_cursors;
  sync stacks_sync;
  at_seq bigint;
  final_now bigint;
  keep_blocks CONSTANT bigint := (step->>'keepBlocks')::bigint;
  keep_events CONSTANT bigint := (step->>'keepEvents')::bigint;
  a_day_of_burn_blocks CONSTANT integer := 144;
BEGIN
  cursor_row := chain_cursor_lock('stacks', nonce);
  SELECT * INTO STRICT sync FROM stacks_sync;
  at_seq := cursor_row.last_seq;
  IF keep_events IS NOT NULL THEN
    at_seq := at_seq + stacks_take_back(at_seq, keep_events);
  END IF;
  IF keep_blocks IS NOT NULL THEN
    UPDATE stacks_blocks SET canonical = false, orphaned_at = clock_timestamp()
     WHERE canonical AND height > keep_blocks;
    UPDATE stacks_sync
       SET reorgs_seen = reorgs_seen + 1, last_reorg_at = clock_timestamp(),
           deepest_reorg = greatest(deepest_reorg, tip_height - keep_blocks);
  END IF;
  PERFORM stacks_add_blocks(step->'blocks');
  UPDATE stacks_sync
     SET looked_at = clock_timestamp(), troubled = false,
         tip_height = (step#>>'{tip,height}')::bigint, tip_block_id = step#>>'{tip,blockId}',
         tip_burn_height = (step#>>'{tip,burnHeight}')::bigint,
         final_height = greatest(final_height, (step#>>'{final,height}')::bigint),
         final_block_id = CASE WHEN (step#>>'{final,height}')::bigint > coalesce(final_height, -1)
                               THEN step#>>'{final,blockId}' ELSE final_block_id END,
         final_burn_height =
           greatest(final_burn_height, (step#>>'{final,burnHeight}')::bigint),
         indexed_height = (step->>'indexedHeight')::bigint,
         rewind_to = CASE WHEN keep_events IS NULL THEN rewind_to END,
         halted_rewind = NULL, permitted_rewind = NULL
  RETURNING coalesce(final_height, -1) INTO final_now;
  at_seq := at_seq + stacks_make_final(at_seq, final_now);
  at_seq := at_seq + stacks_add_events(
    at_seq, sync.contract, coalesce(least(sync.indexed_height, keep_events), -1), final_now,
    block_ids, tx_ids, event_indexes, heights, burn_heights, block_times, tx_indexes, hexes);
  DELETE FROM stacks_blocks
   WHERE canonical AND height < final_now
     AND burn_height < (SELECT final_burn_height FROM stacks_sync) - a_day_of_burn_blocks;
  UPDATE chain_cursors
     SET last_seq = at_seq,
         followed_slot = (step->>'indexedHeight')::bigint,
         followed_block_height = (step->>'indexedHeight')::bigint,
         followed_time = to_timestamp((step#>>'{tip,time}')::bigint),
         moved_at = clock_timestamp()
   WHERE chain = 'stacks';
  RETURN at_seq - cursor_row.last_seq;
END $$;

-- A look that changed nothing: it found the known tip (`trouble` null), or it failed.
CREATE OR REPLACE FUNCTION stacks_note(nonce uuid, trouble text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
  UPDATE stacks_sync
     SET looked_at = CASE WHEN trouble IS NULL THEN clock_timestamp() ELSE looked_at END,
         troubled = trouble IS NOT NULL,
         last_error = coalesce(trouble, last_error),
         last_error_at = CASE WHEN trouble IS NULL THEN last_error_at ELSE clock_timestamp() END
   WHERE EXISTS (SELECT FROM chain_cursors WHERE chain = 'stacks' AND fence = nonce);
$$;

-- What a recount found; `read_again_above` asks the next round to read again what lies above.
CREATE OR REPLACE FUNCTION stacks_recounted(nonce uuid, found text, read_again_above bigint)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
  UPDATE stacks_sync
     SET recounted_at = clock_timestamp(), recount_found = found, rewind_to = read_again_above
   WHERE EXISTS (SELECT FROM chain_cursors WHERE chain = 'stacks' AND fence = nonce);
$$;

-- Halts Stacks, and keeps the height above which the servers tell another story than the log.
CREATE OR REPLACE FUNCTION stacks_halt(nonce uuid, reason text, differs_above bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  PERFORM chain_halt('stacks', nonce, reason);
  UPDATE stacks_sync SET halted_rewind = differs_above
   WHERE EXISTS (SELECT FROM chain_cursors
                  WHERE chain = 'stacks' AND fence = nonce AND halted_reason = reason);
END $$;

GRANT EXECUTE ON FUNCTION
  chain_fence_take(text, uuid, interval), chain_fence_release(text, uuid),
  chain_append(text, uuid, jsonb, jsonb, jsonb), chain_halt(text, uuid, text),
  chain_resume(text), stacks_begin(uuid, text),
  stacks_append(uuid, jsonb, text[], text[], integer[], bigint[], bigint[], bigint[], integer[],
                text[]),
  stacks_counting_before(bigint, integer, integer, integer),
  stacks_note(uuid, text), stacks_recounted(uuid, text, bigint), stacks_halt(uuid, text, bigint)
  TO earnest_indexer;
