import { Plural, Trans, useLingui } from '@lingui/react/macro';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiProblem, type components, useWords } from '#/api';
import { type Column, Ledger, Section, State, Sub, Time } from '#/design';

type Sync = components['schemas']['SyncAnswer'];

interface Row {
  chain: string;
  state: ReactNode;
  head: number | null;
  read: number | null;
  final: ReactNode;
  reorg: ReactNode;
}

/** How far each chain is read, and when something of it cannot be undone. */
export function Indexers(props: {
  solvency: components['schemas']['SolvencyAnswer'] | undefined;
  sync: UseQueryResult<Sync>;
}) {
  const { t, i18n } = useLingui();
  const words = useWords();
  const solana = props.solvency?.chains[0];
  const rows: Row[] = [
    {
      chain: 'Solana',
      state:
        solana?.followedSlot == null ? (
          <State state="waiting">
            <Trans>Nothing read yet</Trans>
          </State>
        ) : (
          <State state="final">
            <Trans>Read as it becomes final</Trans>
          </State>
        ),
      head: null,
      read: solana?.followedSlot ?? null,
      final: <Trans>Finalized slots only</Trans>,
      reorg: <Trans>None: what is not final is never posted</Trans>,
    },
    stacks(props.sync, words),
  ];
  const figure = (height: number | null) =>
    height === null ? <span className="muted">{t`not asked`}</span> : i18n.number(height);
  const columns: Column<Row>[] = [
    { key: 'chain', name: t`Chain`, rowHead: true, fold: 'start', cell: (row) => row.chain },
    { key: 'state', name: t`State`, fold: 'end', cell: (row) => row.state },
    {
      key: 'head',
      name: t`Head`,
      num: true,
      fold: 'start',
      label: t`Head:`,
      cell: (row) => figure(row.head),
    },
    {
      key: 'read',
      name: t`Read up to`,
      num: true,
      fold: 'end',
      label: t`Read:`,
      cell: (row) => figure(row.read),
    },
    {
      key: 'final',
      name: t`Final when`,
      fold: 'wide',
      label: t`Final when:`,
      cell: (row) => row.final,
    },
    {
      key: 'reorg',
      name: t`Last reorg`,
      fold: 'wide',
      label: t`Last reorg:`,
      cell: (row) => row.reorg,
    },
  ];
  return (
    <Section title={t`Indexers`}>
      <Ledger
        caption={t`Indexers`}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.chain}
        dense
      />
      {props.sync.data?.lastError && !props.sync.data.troubled && (
        <p className="fine">
          <Trans>
            Last error of the Stacks indexer, over by now:{' '}
            <span lang="en">{props.sync.data.lastError}</span>
          </Trans>{' '}
          {props.sync.data.lastErrorAt && <Time at={props.sync.data.lastErrorAt} />}
        </p>
      )}
    </Section>
  );
}

function stacks(
  { data: sync, error }: UseQueryResult<Sync>,
  words: ReturnType<typeof useWords>,
): Row {
  const none: Row = {
    chain: 'Stacks',
    state: null,
    head: null,
    read: null,
    final: null,
    reorg: null,
  };
  if (!sync) {
    const off = error instanceof ApiProblem && error.code === 'escrow_not_configured';
    return {
      ...none,
      state: off ? (
        <State state="closed">
          <Trans>Not followed: no contract is configured</Trans>
        </State>
      ) : error ? (
        <State state="look">{words(error).title}</State>
      ) : null,
    };
  }
  const finalBlock = sync.finalBlock;
  const finalBurn = sync.finalBurnBlock;
  const burn = sync.currentBurnBlock;
  const lag = sync.lag ?? 0;
  return {
    ...none,
    state: sync.haltedReason ? (
      <State state="look">
        <Trans>Halted</Trans>
      </State>
    ) : sync.troubled ? (
      <State state="look">
        <Trans>The Stacks API is of no use</Trans>
      </State>
    ) : sync.currentBlock == null ? (
      <State state="waiting">
        <Trans>Nothing read yet</Trans>
      </State>
    ) : lag > 1 || !sync.projected ? (
      <State state="provisional" live>
        <Plural value={lag} one="Catching up, # block" other="Catching up, # blocks" />
      </State>
    ) : (
      <State state="final">
        <Trans>Keeping up</Trans>
      </State>
    ),
    head: sync.currentBlock ?? null,
    read: sync.lastIndexedBlock ?? null,
    final: (
      <>
        <Trans>Deep enough under Bitcoin</Trans>
        {finalBlock != null && finalBurn != null && burn != null && (
          <Sub>
            <FinalUpTo block={finalBlock} finalBurn={finalBurn} burn={burn} />
          </Sub>
        )}
      </>
    ),
    reorg:
      sync.lastReorgAt == null ? (
        <Trans>None seen</Trans>
      ) : (
        <>
          <Time at={sync.lastReorgAt} />
          <Sub>
            <Reorgs seen={sync.reorgsSeen} deepest={sync.deepestReorg} />
          </Sub>
        </>
      ),
  };
}

function FinalUpTo(props: { block: number; finalBurn: number; burn: number }) {
  const { i18n } = useLingui();
  const block = i18n.number(props.block);
  const finalBurn = i18n.number(props.finalBurn);
  const burn = i18n.number(props.burn);
  return (
    <Trans>
      up to block {block}, Bitcoin {finalBurn} of {burn}
    </Trans>
  );
}

function Reorgs(props: { seen: number; deepest: number }) {
  const { i18n } = useLingui();
  const seen = i18n.number(props.seen);
  const deepest = i18n.number(props.deepest);
  return (
    <Trans>
      {seen} in all, the deepest {deepest} blocks; nothing final was undone
    </Trans>
  );
}
