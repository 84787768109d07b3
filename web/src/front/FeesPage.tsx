import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, ask } from '#/api';
import {
  type Asset,
  divide,
  Fact,
  Facts,
  formatPercent,
  Head,
  Ledger,
  Money,
  Section,
  Stack,
  Two,
} from '#/design';
import { useSite } from '#/session';
import { FrontFrame } from './FrontFrame';

/** What it costs, who pays it, and examples reckoned as the server and the contract reckon. */
export function FeesPage() {
  const { t } = useLingui();
  const { stacksContract } = useSite();
  return (
    <FrontFrame>
      <Head
        title={t`Fees`}
        lead={t`What the house takes, what the chains take, and who pays it. There is nothing else.`}
      />
      <Stack gap="loose">
        <Table />
        <PhotoTask />
        {stacksContract && <Project />}
      </Stack>
    </FrontFrame>
  );
}

interface Row {
  key: string;
  what: ReactNode;
  client: ReactNode;
  worker: ReactNode;
}

function Table() {
  const { t, i18n } = useLingui();
  const { feeBps, payoutMin, stacksContract } = useSite();
  const fee = formatPercent(feeBps, i18n.locale);
  const rows: Row[] = [
    {
      key: 'photo',
      what: t`A photo task`,
      client: t`${fee} on top of the votes. For votes that were not given it goes back with them.`,
      worker: t`Nothing. A vote pays what it says.`,
    },
    {
      key: 'payout',
      what: t`A payout`,
      client: t`Nothing`,
      worker: (
        <>
          <Trans>Nothing. The house pays the network’s fee; the whole sum arrives.</Trans>{' '}
          <Trans>The least at once:</Trans>{' '}
          {payoutMin.map((least) => (
            <span key={least.asset}>
              <Money minor={least.amountMinor} asset={least.asset} />{' '}
            </span>
          ))}
        </>
      ),
    },
    ...(stacksContract
      ? [
          {
            key: 'project',
            what: t`A project`,
            client: t`Nothing to the house. You lock the sum of the milestones.`,
            worker: <ProjectFee />,
          },
        ]
      : []),
    {
      key: 'chain',
      what: t`The networks’ own fees`,
      client: t`For what your wallet sends: on Solana 0.000005 SOL for each signature and what the wallet adds, on Stacks what the wallet names before you sign.`,
      worker: t`The same for what your wallet sends. A vote, a proposal and a sign-in send nothing.`,
    },
  ];
  return (
    <Section title={t`Who pays what`}>
      <Ledger
        caption={t`Fees`}
        rows={rows}
        rowKey={(row) => row.key}
        columns={[
          { key: 'what', name: t`For`, rowHead: true, cell: (row) => row.what },
          {
            key: 'client',
            name: t`The client pays`,
            label: t`Client:`,
            fold: 'wide',
            cell: (row) => row.client,
          },
          {
            key: 'worker',
            name: t`The worker pays`,
            label: t`Worker:`,
            fold: 'wide',
            cell: (row) => row.worker,
          },
        ]}
      />
    </Section>
  );
}

const contractQuery = {
  queryKey: ['contract'],
  queryFn: () => ask(api.GET('/api/blockchain/contract')),
  staleTime: 60_000,
} as const;

function ProjectFee() {
  const { i18n } = useLingui();
  const { data } = useQuery(contractQuery);
  const rate = data?.feeBps == null ? null : formatPercent(data.feeBps, i18n.locale);
  return (
    <>
      {rate !== null && <Trans>{rate} of what you are paid, as the contract says today.</Trans>}{' '}
      <Trans>
        It is fixed when the project is created, ten per cent at most, and taken only from money
        that reaches you.
      </Trans>
    </>
  );
}

const VOTES = 250n;
const PER_VOTE = 400_000n;
const GIVEN = 168n;

/** As the server reckons: on the whole price, rounded up to the smallest unit. */
function feeOn(minor: bigint, bps: number): bigint {
  return (minor * BigInt(bps) + 9_999n) / 10_000n;
}

function PhotoTask() {
  const { t, i18n } = useLingui();
  const { feeBps } = useSite();
  const votes = VOTES * PER_VOTE;
  const total = votes + feeOn(votes, feeBps);
  const paid = GIVEN * PER_VOTE;
  const kept = feeOn(paid, feeBps);
  const fee = formatPercent(feeBps, i18n.locale);
  const asset: Asset = 'SOL';
  const sum = (minor: bigint) => <Money all minor={minor} asset={asset} />;
  return (
    <Section title={t`An example: a photo task`}>
      <Two even>
        <Facts>
          <Fact name={t`250 votes at 0.0004 SOL`}>{sum(votes)}</Fact>
          <Fact name={t`Fee of the house, ${fee}`}>{sum(total - votes)}</Fact>
          <Fact name={t`The client pays`}>{sum(total)}</Fact>
        </Facts>
        <Facts>
          <Fact name={t`Stopped after 168 votes: to the workers`}>{sum(paid)}</Fact>
          <Fact name={t`To the house`}>{sum(kept)}</Fact>
          <Fact name={t`Back to the client`}>{sum(total - paid - kept)}</Fact>
        </Facts>
      </Two>
      <p className="fine">
        <Trans>The fee is reckoned on the whole price and rounded up to the smallest unit.</Trans>
      </p>
    </Section>
  );
}

const MILESTONE = 1_000_000_000n;
const RULED_BPS = 6_000;

function Project() {
  const { t, i18n } = useLingui();
  const { data } = useQuery(contractQuery);
  if (data?.feeBps == null) return null;
  const asset: Asset = 'STX';
  const whole = divide(MILESTONE, 10_000, data.feeBps);
  const ruled = divide(MILESTONE, RULED_BPS, data.feeBps);
  const fee = formatPercent(data.feeBps, i18n.locale);
  const sum = (minor: bigint) => <Money all minor={minor} asset={asset} />;
  return (
    <Section title={t`An example: a milestone of 1,000 STX`}>
      <Two even>
        <Facts>
          <Fact name={t`Released: fee, ${fee}`}>{sum(whole.feeMinor)}</Fact>
          <Fact name={t`To the freelancer`}>{sum(whole.netMinor)}</Fact>
        </Facts>
        <Facts>
          <Fact name={t`Ruled at 60 to 40: back to the client`}>{sum(ruled.refundMinor)}</Fact>
          <Fact name={t`Fee, ${fee} of the freelancer’s part`}>{sum(ruled.feeMinor)}</Fact>
          <Fact name={t`To the freelancer`}>{sum(ruled.netMinor)}</Fact>
        </Facts>
      </Two>
      <p className="fine">
        <Trans>
          Who opens a dispute puts down a bond of five per cent of the milestone. It comes back,
          unless that side ends with nothing of the milestone: then it is the other side’s. No fee
          is taken from it.
        </Trans>
      </p>
    </Section>
  );
}
