import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type components, useWish } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Button,
  type Column,
  Empty,
  Head,
  Ledger,
  Section,
  Skeleton,
  Stack,
  State,
  Sub,
  TextField,
  Time,
} from '#/design';
import styles from '../desk.module.css';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import { jobsQuery } from '../queries';
import { useJobWords } from './words';

type Held = components['schemas']['HeldJobAnswer'];
type Count = components['schemas']['JobCount'];

/** Background work that failed for good and waits for a person. */
export function JobsPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Held jobs`}>
      <Jobs />
    </OperatorOnly>
  );
}

function Jobs() {
  const { t } = useLingui();
  const pages = useInfiniteQuery(jobsQuery);
  const first = pages.data?.pages[0];
  const held = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Head
        title={t`Held jobs`}
        crumbs={[{ to: '/admin/health', name: t`Health` }]}
        lead={t`Background work that failed at every try. Nothing of it is lost: it waits here until it is tried again.`}
      />
      {pages.isPending ? (
        <Skeleton lines={6} label={t`Fetching the jobs`} />
      ) : pages.error ? (
        <Trouble error={pages.error} />
      ) : (
        <Stack gap="loose">
          {held.length === 0 ? (
            <Empty state="final" level="h2" title={<Trans>No job is held</Trans>}>
              <Trans>All background work is done, or being done.</Trans>
            </Empty>
          ) : (
            <HeldOnes held={held} />
          )}
          <More pages={pages} />
          <Counts counts={first?.counts ?? []} />
        </Stack>
      )}
    </>
  );
}

function HeldOnes({ held }: { held: Held[] }) {
  const { t, i18n } = useLingui();
  const jobWords = useJobWords();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [note, setNote] = useState('');
  const wish = useWish();
  const ids = held.map((job) => job.id);
  const wanted = ids.filter((id) => chosen.has(id));
  const retry = useMutation({
    mutationFn: (which: string[]) => {
      const body = { ids: which.slice(0, 100), note };
      return ask(
        api.POST('/api/admin/jobs/retry', {
          params: { header: { 'Idempotency-Key': wish.keyOf(body) } },
          body,
        }),
      );
    },
    onSuccess: () => {
      wish.done();
      setChosen(new Set());
      setNote('');
    },
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ['admin', 'jobs'] });
    },
  });
  const choose = (id: string, on: boolean) =>
    setChosen(
      (before) => new Set(on ? [...before, id] : [...before].filter((each) => each !== id)),
    );
  const columns: Column<Held>[] = [
    {
      key: 'what',
      name: t`Job`,
      rowHead: true,
      fold: 'wide',
      cell: (row) => (
        <>
          {jobWords(row.type).name}
          <Sub>
            <code className={styles.command}>
              {row.type} {row.id}
            </code>
          </Sub>
        </>
      ),
    },
    {
      key: 'why',
      name: t`Why it is held`,
      fold: 'wide',
      cell: (row) => (
        <>
          <span lang="en" className={styles.words}>
            {row.reason.replace(/^JobCannotSucceed: /, '')}
          </span>
          <Given of={row.given} />
        </>
      ),
    },
    {
      key: 'means',
      name: t`While it waits`,
      fold: 'wide',
      cell: (row) => jobWords(row.type).while,
    },
    {
      key: 'since',
      name: t`Held since`,
      fold: 'start',
      label: t`Held since:`,
      cell: (row) => (
        <>
          <Time at={row.heldAt} />
          <Sub>
            <Plural value={row.tries} one="# try" other="# tries" />
          </Sub>
        </>
      ),
    },
    {
      key: 'choose',
      name: <span className="vh">{t`Choose`}</span>,
      fold: 'end',
      cell: (row) => {
        const number = i18n.number(Number(row.id));
        return (
          <label className={styles.choose}>
            <input
              type="checkbox"
              aria-label={t`Choose job ${number}`}
              checked={chosen.has(row.id)}
              onChange={(event) => choose(row.id, event.target.checked)}
            />
          </label>
        );
      },
    },
  ];
  const count = wanted.length;
  return (
    <Section title={t`Waiting for a person`}>
      <Stack>
        <Ledger
          caption={t`Held jobs`}
          columns={columns}
          rows={held}
          rowKey={(row) => row.id}
          dense
        />
        <TextField
          label={t`Why, for the audit log (may be left empty)`}
          value={note}
          maxLength={2000}
          onChange={(event) => setNote(event.target.value)}
        />
        <Actions>
          <Button
            kind="primary"
            disabled={retry.isPending || count === 0}
            onClick={() => retry.mutate(wanted)}
          >
            {count === 0 ? (
              <Trans>Choose what to try again</Trans>
            ) : (
              <Plural value={count} one="Try # job again" other="Try # jobs again" />
            )}
          </Button>
          {count < ids.length && (
            <Button disabled={retry.isPending} onClick={() => setChosen(new Set(ids))}>
              <Trans>Choose all of them</Trans>
            </Button>
          )}
        </Actions>
        <Trouble error={retry.error} />
        <p className="fine">
          <Trans>
            A job tried again begins anew, with all its tries. One that was done already does
            nothing the second time.
          </Trans>
        </p>
      </Stack>
    </Section>
  );
}

function Given({ of }: { of: Record<string, string> }) {
  const rows = Object.entries(of);
  if (rows.length === 0) return null;
  return (
    <Sub>
      <span className={styles.given} dir="ltr">
        {rows.map(([name, value]) => `${name} = ${value}`).join(', ')}
      </span>
    </Sub>
  );
}

interface OfType {
  type: string;
  waiting: number;
  running: number;
  held: number;
}

function Counts({ counts }: { counts: Count[] }) {
  const { t, i18n } = useLingui();
  const jobWords = useJobWords();
  const types = new Map<string, OfType>();
  for (const { type, state, count } of counts) {
    const row = types.get(type) ?? { type, waiting: 0, running: 0, held: 0 };
    types.set(type, { ...row, [state]: count });
  }
  const rows = [...types.values()];
  const figure = (
    key: 'waiting' | 'running' | 'held',
    name: string,
    fold: 'start' | 'end' | 'wide',
  ): Column<OfType> => ({
    key,
    name,
    num: true,
    fold,
    label: `${name}:`,
    cell: (row) => i18n.number(row[key]),
  });
  return (
    <Section title={t`In the queue`}>
      {rows.length === 0 ? (
        <State state="closed">
          <Trans>The queue is empty: all of it is done</Trans>
        </State>
      ) : (
        <Ledger
          caption={t`In the queue`}
          rows={rows}
          rowKey={(row) => row.type}
          dense
          columns={[
            {
              key: 'what',
              name: t`Job`,
              rowHead: true,
              fold: 'wide',
              cell: (row) => jobWords(row.type).name,
            },
            figure('waiting', t`Waiting`, 'start'),
            figure('running', t`Running`, 'end'),
            figure('held', t`Held`, 'wide'),
          ]}
        />
      )}
    </Section>
  );
}
