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
    ON CONFLICT (chain, block_id, tx_id, event_index, kind) DO NOTHING;
    IF FOUND THEN
      next_seq := next_seq + 1;
    ELSIF NOT EXISTS (
      SELECT FROM chain_log
       WHERE chain = of_chain AND block_id = fact->>'blockId' AND tx_id = fact->>'txId'
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

-- An operator has looked. Whatever made the chain halt makes it halt again if it is still so.
CREATE OR REPLACE FUNCTION chain_resume(of_chain text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
BEGIN
  UPDATE chain_cursors SET halted_reason = NULL, halted_at = NULL
   WHERE chain = of_chain AND halted_reason IS NOT NULL;
  RETURN FOUND;
END $$;

GRANT EXECUTE ON FUNCTION
  chain_fence_take(text, uuid, interval), chain_fence_release(text, uuid),
  chain_append(text, uuid, jsonb, jsonb, jsonb), chain_halt(text, uuid, text),
  chain_resume(text)
  TO earnest_indexer;
