import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import type { components } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Button,
  type Column,
  Empty,
  formatMoney,
  Head,
  Ledger,
  SelectField,
  Skeleton,
  Stack,
  Sub,
  TextField,
  Time,
} from '#/design';
import styles from '../desk.module.css';
import { More } from '../More';
import { OperatorOnly } from '../OperatorOnly';
import { type AuditFilter, auditQuery } from '../queries';
import { useActWords } from './words';

type Act = components['schemas']['OperatorActAnswer'];

/** What operators did, and why: a book that only grows. */
export function AuditPage() {
  const { t } = useLingui();
  return (
    <OperatorOnly title={t`Audit log`}>
      <Head
        title={t`Audit log`}
        crumbs={[{ to: '/admin/health', name: t`Health` }]}
        lead={t`What operators did, here and on the command line. No line can be changed or taken out, by anybody.`}
      />
      <Book />
    </OperatorOnly>
  );
}

function Book() {
  const { t } = useLingui();
  const names = useActWords();
  const [query, setQuery] = useSearchParams();
  const filter: AuditFilter = {
    act: query.get('act') ?? '',
    subject: query.get('subject') ?? '',
    by: query.get('by') ?? '',
  };
  const narrow = (name: keyof AuditFilter, value: string) => {
    const next = { ...filter, [name]: value };
    setQuery(Object.fromEntries(Object.entries(next).filter(([, each]) => each !== '')));
  };
  const filtered = Object.values(filter).some((value) => value !== '');
  const pages = useInfiniteQuery(auditQuery(filter));
  return (
    <Stack gap="loose">
      <div className={styles.filters}>
        <SelectField
          label={t`What was done`}
          value={filter.act}
          onChange={(event) => narrow('act', event.target.value)}
        >
          <option value="">{t`Everything`}</option>
          {Object.entries(names).map(([act, name]) => (
            <option key={act} value={act}>
              {name}
            </option>
          ))}
        </SelectField>
        <TextField
          key={`${filter.by}`}
          label={t`By whom: an account’s id, or a name`}
          defaultValue={filter.by}
          maxLength={200}
          onBlur={(event) => narrow('by', event.target.value.trim())}
          onKeyDown={(event) => {
            if (event.key === 'Enter') narrow('by', event.currentTarget.value.trim());
          }}
        />
        <Button disabled={!filtered} onClick={() => setQuery({})}>
          <Trans>Show everything</Trans>
        </Button>
      </div>
      {filter.subject && (
        <p className="muted">
          <Trans>
            Only what was done to <code className={styles.command}>{filter.subject}</code>
          </Trans>
        </p>
      )}
      {pages.isPending ? (
        <Skeleton lines={6} label={t`Fetching the audit log`} />
      ) : pages.error ? (
        <Trouble error={pages.error} />
      ) : (
        <Lines
          acts={pages.data.pages.flatMap((page) => page.items)}
          filtered={filtered}
          onBy={(by) => narrow('by', by)}
        />
      )}
      <More pages={pages} />
    </Stack>
  );
}

function Lines(props: { acts: Act[]; filtered: boolean; onBy: (by: string) => void }) {
  const { t } = useLingui();
  const names = useActWords();
  if (props.acts.length === 0) {
    return props.filtered ? (
      <Empty state="closed" level="h2" title={<Trans>No line is like that</Trans>}>
        <Trans>Show everything, or ask for something else.</Trans>
      </Empty>
    ) : (
      <Empty state="closed" level="h2" title={<Trans>No operator has done anything yet</Trans>}>
        <Trans>Whatever one decides, here or on the command line, stands here from then on.</Trans>
      </Empty>
    );
  }
  const columns: Column<Act>[] = [
    {
      key: 'what',
      name: t`What`,
      rowHead: true,
      fold: 'start',
      cell: (row) => (
        <>
          {names[row.act] ?? row.act}
          <Sub>
            <Subject of={row.subject} />
          </Sub>
        </>
      ),
    },
    { key: 'sum', name: t`Amount`, num: true, fold: 'top', cell: (row) => <Sum of={row} /> },
    {
      key: 'why',
      name: t`Why`,
      fold: 'wide',
      cell: (row) =>
        row.note ? (
          <span className={styles.words}>{row.note}</span>
        ) : (
          <span className="muted">{t`no reason given`}</span>
        ),
    },
    {
      key: 'who',
      name: t`Who`,
      fold: 'wide',
      label: t`Who:`,
      cell: (row) => (
        <>
          {row.address ? <Address of={row.address} /> : row.name}
          <Sub>{row.name ? t`on the command line` : t`signed in here`}</Sub>
        </>
      ),
    },
    {
      key: 'when',
      name: t`When`,
      fold: 'wide',
      label: t`When:`,
      cell: (row) => <Time at={row.at} />,
    },
  ];
  return (
    <Ledger
      caption={t`Audit log`}
      columns={columns}
      rows={props.acts}
      rowKey={(row) => row.id}
      dense
    />
  );
}

function Sum({ of }: { of: Act }) {
  const { i18n } = useLingui();
  const { asset, amountMinor } = of.facts as { asset?: unknown; amountMinor?: unknown };
  if (typeof amountMinor !== 'string' || !/^\d+$/.test(amountMinor)) return null;
  if (asset !== 'SOL' && asset !== 'USDC' && asset !== 'STX') return null;
  return formatMoney(amountMinor, asset, { locale: i18n.locale });
}

/** What it was done to, with a link where there is a page of it. */
function Subject({ of }: { of: string }) {
  const { t } = useLingui();
  const [kind, id = ''] = [of.slice(0, of.indexOf(':')), of.slice(of.indexOf(':') + 1)];
  const short = id.length > 12 ? `${id.slice(0, 8)}` : id;
  switch (kind) {
    case 'payout':
      return <Link to={`/admin/payouts/${id}`}>{t`Payout ${short}`}</Link>;
    case 'suspense':
      return <Link to={`/admin/suspense/${id}`}>{t`Payment ${short}`}</Link>;
    case 'job':
      return <>{t`Job ${id}`}</>;
    case 'chain':
      return <>{id === 'solana' ? 'Solana' : id === 'stacks' ? 'Stacks' : id}</>;
    case 'payouts':
      return <>{t`All of them`}</>;
    default:
      return <code className={styles.command}>{id || of}</code>;
  }
}
