-- What operators did about payouts goes into the book of all their acts, with its times.
-- depends: 0230_audit 0550_payouts

SET LOCAL search_path = earnest;

INSERT INTO operator_acts (at, by_name, act, subject, note, facts)
  SELECT at, left(operator, 200),
         CASE split_part(action, ' ', 1)
           WHEN 'hold' THEN 'payout_hold'
           WHEN 'release' THEN 'payout_release'
           WHEN 'give_back' THEN 'payout_give_back'
           ELSE 'payout_halt_clear'
         END,
         CASE WHEN payout_id IS NULL THEN 'payout_halt:' || split_part(action, ' ', 2)
              ELSE 'payout:' || payout_id END,
         left(note, 2000), '{}'
    FROM payout_audit ORDER BY id;

DROP TABLE payout_audit;
