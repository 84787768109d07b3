import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api, ask, type components, newIdempotencyKey } from '#/api';
import { Trouble } from '#/app/Trouble';
import { Button, Fact, Facts, Ledger, Note, Section, Skeleton, State, Time } from '#/design';
import styles from './books.module.css';
import { Code } from './parts';
import { ledgerQuery, type Verification, verificationsQuery } from './queries';

/** When every entry, hash and signature was last held against each other, and doing it again. */
export function Verified(props: { checkpoint: components['schemas']['CheckpointAnswer'] | null }) {
  const { t, i18n } = useLingui();
  const kept = useQuery(verificationsQuery());
  const again = useAgain();
  const waiting = (kept.data?.waiting ?? false) || again.isPending;
  useFresh(kept.data?.waiting ?? false);
  const [last] = kept.data?.items ?? [];
  const number = props.checkpoint && i18n.number(props.checkpoint.id);
  return (
    <Section
      title={t`Verified`}
      aside={
        waiting ? (
          <State state="waiting" live>
            <Trans>The worker replays every entry</Trans>
          </State>
        ) : (
          <Button kind="quiet" onClick={() => again.mutate()}>
            <Trans>Verify every entry now</Trans>
          </Button>
        )
      }
    >
      <Trouble error={again.error} level="h2" />
      {kept.error ? (
        <Trouble error={kept.error} level="h2" />
      ) : !kept.data ? (
        <Skeleton lines={3} label={t`Fetching what was verified`} />
      ) : last ? (
        <Outcome of={last} />
      ) : (
        <p className="muted">
          <Trans>
            Not yet. The worker does it every night: it replays each entry in other code than the
            one that wrote it, and checks every hash and signature.
          </Trans>
        </p>
      )}
      {props.checkpoint && (
        <Facts>
          <Fact name={t`Signed last`}>
            <Trans>
              checkpoint {number}, <Time at={props.checkpoint.takenAt} />
            </Trans>
          </Fact>
        </Facts>
      )}
      {kept.data && kept.data.items.length > 1 && <Earlier items={kept.data.items.slice(1)} />}
      <p className="fine">
        <Trans>
          On the machine itself: <Code>earnest ledger verify</Code>
        </Trans>
      </p>
    </Section>
  );
}

function useAgain() {
  const queries = useQueryClient();
  const key = useRef(newIdempotencyKey());
  return useMutation({
    mutationFn: () =>
      ask(
        api.POST('/api/admin/ledger/verifications', {
          params: { header: { 'Idempotency-Key': key.current } },
        }),
      ),
    onSuccess: () => {
      key.current = newIdempotencyKey();
      return queries.invalidateQueries({ queryKey: verificationsQuery().queryKey });
    },
  });
}

/** Once a replay has ended, the sums beside it are read anew. */
function useFresh(waiting: boolean): void {
  const queries = useQueryClient();
  const waited = useRef(waiting);
  useEffect(() => {
    if (waited.current && !waiting) {
      void queries.invalidateQueries({ queryKey: ledgerQuery.queryKey, exact: true });
    }
    waited.current = waiting;
  }, [waiting, queries]);
}

function Outcome({ of }: { of: Verification }) {
  const { i18n } = useLingui();
  const [transfers, accounts, holds, checkpoints] = [
    of.transfers,
    of.accounts,
    of.holds,
    of.checkpoints,
  ].map((each) => i18n.number(each));
  if (of.faults.length > 0) {
    return (
      <Note
        state="look"
        title={
          <Plural
            value={of.faults.length}
            one="# thing does not add up"
            other="# things do not add up"
          />
        }
        alert
      >
        <p>
          <Trans>
            The ledger was changed outside of its own functions, or is damaged. Pay nothing out
            until somebody has looked.
          </Trans>
        </p>
        <ul className={styles.faults} lang="en">
          {of.faults.map((fault) => (
            <li key={`${fault.where} ${fault.what}`} className={styles.fault}>
              <Code>{fault.where}</Code>
              <span>{fault.what}</span>
            </li>
          ))}
        </ul>
      </Note>
    );
  }
  return (
    <Note state="final" title={<Trans>Everything adds up; every hash and signature holds</Trans>}>
      <p>
        <Trans>
          <Time at={of.endedAt} />: {transfers} transfers, {accounts} accounts, {holds} holds,{' '}
          {checkpoints} signed checkpoints.
        </Trans>
      </p>
    </Note>
  );
}

function Earlier({ items }: { items: Verification[] }) {
  const { t, i18n } = useLingui();
  return (
    <Ledger
      caption={t`Earlier verifications`}
      rows={items.slice(0, 5)}
      rowKey={(row) => String(row.id)}
      dense
      columns={[
        {
          key: 'at',
          name: t`Earlier`,
          rowHead: true,
          fold: 'start',
          cell: (row) => <Time at={row.endedAt} />,
        },
        {
          key: 'outcome',
          name: t`Outcome`,
          fold: 'wide',
          cell: (row) =>
            row.faults.length === 0 ? (
              <State state="final">
                <Trans>Everything adds up</Trans>
              </State>
            ) : (
              <State state="look">
                <Trans>Something does not add up</Trans>
              </State>
            ),
        },
        {
          key: 'transfers',
          name: t`Transfers`,
          num: true,
          fold: 'top',
          cell: (row) => i18n.number(row.transfers),
        },
      ]}
    />
  );
}
