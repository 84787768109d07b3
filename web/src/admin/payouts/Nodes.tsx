import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { components } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  type CoinState,
  type Column,
  Ledger,
  Skeleton,
  Stack,
  State,
  Sub,
  Time,
} from '#/design';
import { nodesQuery } from '../queries';

type Node = components['schemas']['NodeAnswer'];
type Finding = components['schemas']['FindingAnswer'];

/** Each node by itself. "Unknown is not absent": only all of them together prove anything. */
export function Nodes({ id }: { id: string }) {
  const { t, i18n } = useLingui();
  const asked = useQuery(nodesQuery(id));
  if (asked.isPending) return <Skeleton lines={3} label={t`Asking the nodes`} />;
  const again = (
    <Actions>
      <Button disabled={asked.isFetching} onClick={() => void asked.refetch()}>
        <Trans>Ask the nodes again</Trans>
      </Button>
    </Actions>
  );
  if (asked.error) {
    return <Trouble error={asked.error} actions={again} />;
  }
  const columns: Column<Node>[] = [
    {
      key: 'node',
      name: t`Node`,
      rowHead: true,
      fold: 'start',
      cell: (row) => {
        const place = i18n.number(row.place);
        return <Trans>Node {place}</Trans>;
      },
    },
    {
      key: 'height',
      name: t`Final up to block`,
      num: true,
      fold: 'end',
      label: t`Final up to block:`,
      cell: (row) => (row.blockHeight === null ? '–' : i18n.number(row.blockHeight)),
    },
    { key: 'says', name: t`Says`, fold: 'wide', cell: (row) => <Says of={row} /> },
  ];
  const followed =
    asked.data.followedBlockHeight === null ? null : i18n.number(asked.data.followedBlockHeight);
  return (
    <Stack>
      <div aria-live="polite">
        <Ledger
          caption={t`What the nodes say`}
          columns={columns}
          rows={asked.data.nodes}
          rowKey={(row) => String(row.place)}
          dense
        />
      </div>
      <p className="fine">
        <Trans>
          Asked <Time at={asked.data.askedAt} show="clock" />.
        </Trans>{' '}
        {followed !== null && (
          <Trans>We have read the chain ourselves up to block {followed}.</Trans>
        )}{' '}
        {asked.data.live && (
          <Trans>
            A second signature needs all of it: every node past the last block and without the
            first, and our own reading past it, too.
          </Trans>
        )}
      </p>
      {again}
    </Stack>
  );
}

function Says({ of }: { of: Node }) {
  const { t } = useLingui();
  if (!of.answered) {
    return (
      <>
        <State state="look">{t`No answer`}</State>
        <Sub>{t`Nothing is learned from that, and nothing is decided by it.`}</Sub>
      </>
    );
  }
  return of.findings.map((finding) => <One key={finding.chainTx} of={finding} />);
}

function One({ of }: { of: Finding }) {
  const { t, i18n } = useLingui();
  const [state, name]: [CoinState, string] =
    of.says === 'final'
      ? ['final', t`Final`]
      : of.says === 'failed'
        ? ['failed', t`Landed, refused by the chain`]
        : of.says === 'seen'
          ? ['provisional', t`Seen, not final`]
          : of.mayLand
            ? ['waiting', t`Not there, may still land`]
            : ['closed', t`Not there, and its time is up`];
  const slot = of.slot === null ? null : i18n.number(of.slot);
  return (
    <div>
      <State state={state}>{name}</State>
      <Sub>
        <Address of={of.chainTx} /> {slot !== null && <Trans>in slot {slot}</Trans>}
      </Sub>
    </div>
  );
}
