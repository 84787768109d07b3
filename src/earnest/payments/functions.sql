-- How an order moves. Money that buys nothing becomes the available balance of its owner.

-- Moves all that an order still holds to its owner's balance.
CREATE OR REPLACE FUNCTION payments_return(o orders, cause text) RETURNS numeric
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  account bigint := ledger_account('order:' || o.id, 'liability', o.asset);
  left_over numeric;
BEGIN
  SELECT balance INTO left_over FROM ledger_accounts WHERE id = account FOR NO KEY UPDATE;
  IF left_over > 0 THEN
    PERFORM ledger_transfer(ledger_id('return ' || o.id || ' ' || cause), account,
      ledger_available(o.owner, o.asset), left_over, 'order_returned', 'order:' || o.id);
    UPDATE orders SET returned = returned + left_over WHERE id = o.id;
  END IF;
  RETURN left_over;
END $$;

-- Counts one final deposit. `in_time` is decided by the time of its block.
CREATE OR REPLACE FUNCTION payments_receive(order_id uuid, deposit uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  o orders%ROWTYPE;
  d treasury_deposits%ROWTYPE;
  timely boolean;
BEGIN
  SELECT * INTO o FROM orders WHERE id = order_id FOR UPDATE;
  SELECT * INTO d FROM treasury_deposits WHERE id = deposit AND purpose_id = order_id;
  IF o.id IS NULL OR d.id IS NULL THEN
    PERFORM refuse('not_found', '{"what": "order"}');
  END IF;
  timely := d.block_time IS NOT NULL AND d.block_time <= o.expires_at AND o.ended_at IS NULL
            AND o.status IN ('awaiting', 'seen', 'underpaid');
  o.in_time := o.in_time + CASE WHEN timely THEN d.amount ELSE 0 END;
  IF timely THEN
    o.status := CASE WHEN o.in_time >= o.amount THEN 'final' ELSE 'underpaid' END;
  ELSIF o.status IN ('awaiting', 'seen', 'lapsed') THEN
    o.status := 'late';
  ELSIF o.status = 'settled' THEN
    o.status := 'overpaid';
  END IF;
  UPDATE orders SET status = o.status, in_time = o.in_time, received = received + d.amount,
      paid_by = CASE WHEN d.payer = ANY (paid_by) THEN paid_by ELSE paid_by || d.payer END,
      final_at = CASE WHEN o.status = 'final' THEN coalesce(final_at, clock_timestamp())
                      ELSE final_at END,
      ended_at = CASE WHEN o.status = 'late' THEN coalesce(ended_at, clock_timestamp())
                      ELSE ended_at END
    WHERE id = order_id;
  IF timely AND o.status = 'final' THEN
    INSERT INTO events (type, subject, data) VALUES ('order_paid', 'order:' || o.id,
      jsonb_build_object('orderId', o.id, 'subject', o.subject));
  ELSIF NOT timely AND o.status <> 'final' THEN
    PERFORM payments_return(o, 'deposit ' || deposit);
    INSERT INTO events (type, subject, data) VALUES ('order_money_returned', 'order:' || o.id,
      jsonb_build_object('orderId', o.id, 'amountMinor', d.amount::text, 'status', o.status));
  END IF;
  RETURN o.status;
END $$;

-- Spends a paid order: its amount goes to `target`, the surplus to the owner.
CREATE OR REPLACE FUNCTION payments_settle(order_id uuid, target bigint) RETURNS void
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  o orders%ROWTYPE;
  surplus numeric;
BEGIN
  SELECT * INTO o FROM orders WHERE id = order_id FOR UPDATE;
  IF o.status IS DISTINCT FROM 'final' THEN
    PERFORM refuse('order_not_final', jsonb_build_object('orderId', order_id, 'status', o.status));
  END IF;
  PERFORM ledger_transfer(ledger_id('settle ' || order_id),
    ledger_account('order:' || o.id, 'liability', o.asset), target, o.amount,
    'order_settled', o.subject);
  surplus := payments_return(o, 'surplus');
  UPDATE orders SET status = CASE WHEN surplus > 0 THEN 'overpaid' ELSE 'settled' END,
      ended_at = clock_timestamp()
    WHERE id = order_id;
END $$;

-- Ends an order whose work was called off: what came, or comes later, is the owner's balance.
CREATE OR REPLACE FUNCTION payments_cancel(order_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = earnest, pg_temp AS $$
DECLARE
  o orders%ROWTYPE;
BEGIN
  SELECT * INTO o FROM orders WHERE id = order_id FOR UPDATE;
  IF o.ended_at IS NULL THEN
    PERFORM payments_return(o, 'cancelled');
    UPDATE orders SET status = 'cancelled', ended_at = clock_timestamp() WHERE id = order_id;
  END IF;
END $$;

-- Ends orders that were not paid in time. `followed_until` is the block time up to which every
-- final chain_tx has been posted and counted: only then is it certain that nothing came in time.
CREATE OR REPLACE FUNCTION payments_lapse(of_chain text, followed_until timestamptz)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = earnest, pg_temp AS $$
DECLARE
  o orders%ROWTYPE;
  ended integer := 0;
BEGIN
  FOR o IN SELECT * FROM orders
            WHERE chain = of_chain AND expires_at < followed_until AND ended_at IS NULL
              AND status IN ('awaiting', 'seen', 'underpaid')
            ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED LOOP
    PERFORM payments_return(o, 'lapsed');
    UPDATE orders SET status = CASE WHEN o.status = 'underpaid' THEN 'underpaid' ELSE 'lapsed' END,
        ended_at = clock_timestamp()
      WHERE id = o.id;
    INSERT INTO events (type, subject, data) VALUES ('order_lapsed', 'order:' || o.id,
      jsonb_build_object('orderId', o.id, 'subject', o.subject));
    ended := ended + 1;
  END LOOP;
  RETURN ended;
END $$;

GRANT EXECUTE ON FUNCTION payments_receive(uuid, uuid),
  payments_lapse(text, timestamptz) TO earnest_indexer;
