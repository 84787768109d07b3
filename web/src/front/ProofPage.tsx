import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { NotYet, Stale } from '#/app/NotYet';
import {
  Address,
  Fact,
  Facts,
  Head,
  Money,
  Note,
  Section,
  Skeleton,
  Stack,
  Time,
  Two,
} from '#/design';
import { useExplorer, useSite } from '#/session';
import { FrontFrame } from './FrontFrame';
import styles from './front.module.css';
import { countsQuery, solvencyQuery } from './queries';
import { BothSides, isStale, NoFigures, type Solvency, Verdict } from './solvency';

/** A public node for each network; on local chains it is the one of this machine. */
const NODES = {
  mainnet: 'https://api.mainnet-beta.solana.com',
  devnet: 'https://api.devnet.solana.com',
  testnet: 'https://api.testnet.solana.com',
} as const;

/** The whole proof: both sides, how to make it oneself, and what it leaves open. */
export function ProofPage() {
  const { t } = useLingui();
  const solvency = useQuery(solvencyQuery);
  const { data } = solvency;
  const [chain] = data?.chains ?? [];
  return (
    <FrontFrame>
      <Head
        title={t`Proof of solvency`}
        lead={t`What the house owes, what the ledger says it holds, and what the chain says. All at one block that nobody can undo.`}
      />
      <Stack gap="loose">
        <Section title={t`Both sides, photo tasks`} aside={<Verdict solvency={data} />}>
          <Two>
            {!chain || chain.slot === null ? (
              <NoFigures of={solvency} />
            ) : (
              <Stack>
                <Stale of={solvency} />
                <Trouble solvency={data} />
                <BothSides chain={chain} whole />
              </Stack>
            )}
            {chain && chain.slot !== null ? (
              <Checkpoint solvency={data} />
            ) : (
              solvency.isPending && <Skeleton lines={6} />
            )}
          </Two>
        </Section>
        <InEscrow />
        <Yourself />
        <Open />
      </Stack>
    </FrontFrame>
  );
}

/** Said before the figures when they are not what they should be. */
function Trouble({ solvency }: { solvency: Solvency | undefined }) {
  const { t } = useLingui();
  const [chain] = solvency?.chains ?? [];
  if (!chain) return null;
  if (solvency?.solvent === false) {
    return (
      <Note state="look" title={t`The two sides are not equal`} level="h3">
        <p>
          <Trans>
            Ledger and chain differ at this block, or not all that is owed is there. Nothing is
            hidden: the figures are as they were found.
          </Trans>
        </p>
      </Note>
    );
  }
  if (isStale(chain) && chain.checkedAt !== null) {
    return (
      <Note state="look" title={t`No newer comparison`} level="h3">
        <p>
          <Trans>
            The last one was made <Time at={chain.checkedAt} />. Since then the chain could not be
            read, or reading it was stopped. These figures hold for that block and no later one.
          </Trans>
        </p>
      </Note>
    );
  }
  return null;
}

function Checkpoint({ solvency }: { solvency: Solvency | undefined }) {
  const { t, i18n } = useLingui();
  const [chain] = solvency?.chains ?? [];
  if (!chain || chain.slot === null) return null;
  return (
    <Stack gap="tight">
      <Facts size="small">
        <Fact name={t`Final block`}>{i18n.number(chain.slot)}</Fact>
        {chain.followedSlot !== null && (
          <Fact name={t`The ledger is by now at`}>{i18n.number(chain.followedSlot)}</Fact>
        )}
        {chain.checkedAt !== null && (
          <Fact name={t`Compared`}>
            <Time at={chain.checkedAt} show="clock" />
          </Fact>
        )}
      </Facts>
      <p className="fine">
        <Trans>
          A double rule closes a sum that has been checked. Where it is missing, the two differ.
        </Trans>
      </p>
      <p className="small">
        <a href="/api/solvency">
          <Trans>The same figures for a program</Trans>
        </a>
      </p>
    </Stack>
  );
}

/** Projects’ money is with the contract; it is shown so that nobody looks for it above. */
function InEscrow() {
  const { t } = useLingui();
  const { stacksContract } = useSite();
  const counts = useQuery(countsQuery);
  const { data } = counts;
  const explorer = useExplorer();
  if (!stacksContract) return null;
  const link = explorer('address', 'stacks', stacksContract);
  return (
    <Section title={t`Projects, out of our hands`}>
      <Two>
        {data ? (
          <Facts size="big">
            {(data.escrowed ?? []).map((sum) => (
              <Fact key={sum.asset} name={t`Locked in the contract, by its final events`}>
                <Money all minor={sum.amountMinor} asset={sum.asset} />
              </Fact>
            ))}
          </Facts>
        ) : (
          <NotYet of={counts} lines={3} level="h3" />
        )}
        <Stack gap="tight">
          <p>
            <Trans>
              This money is in a contract on Stacks. The house holds no key that could move it, so
              it is no part of the figures above.
            </Trans>
          </p>
          <p className="small">
            {link ? (
              <a href={link} rel="noreferrer">
                <Address of={stacksContract} whole />
              </a>
            ) : (
              <Address of={stacksContract} whole />
            )}
          </p>
        </Stack>
      </Two>
    </Section>
  );
}

function Yourself() {
  const { t } = useLingui();
  const { network, solanaTreasury, local } = useSite();
  const node = network === 'local' ? (local?.solanaRpcUrl ?? '') : NODES[network];
  const asked = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'getBalance',
    params: [solanaTreasury, { commitment: 'finalized' }],
  });
  return (
    <Section title={t`Run it yourself`}>
      <p className="muted">
        <Trans>
          The first line asks this house, the second a node of the chain; take one that you trust.
          Compare the treasury’s figure in lamports: 1,000,000,000 are one SOL. A payment between
          the two blocks makes a difference until the next comparison.
        </Trans>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={styles.shell} tabIndex={0} aria-label={t`Commands`}>
        <pre>
          <code>
            <b>curl -s {location.origin}/api/solvency</b>
            {'\n'}
            <b>
              curl -s {node} -H 'content-type: application/json' -d '{asked}'
            </b>
          </code>
        </pre>
      </section>
      <p className="muted">
        <Trans>
          Who runs a house of their own: <code>earnest solvency</code> asks the chain and holds the
          ledger against it, <code>earnest ledger verify</code> adds up every entry since the first.
        </Trans>
      </p>
    </Section>
  );
}

function Open() {
  const { t } = useLingui();
  const points = [
    t`That nobody was left out of what is owed. Your own balance is in it: look at it under Earnings, and at each entry that made it.`,
    t`Anything about a later block. It is made anew all the time, and each one stands for itself.`,
    t`That the keys of the treasury are kept well. A signer with its own limits holds them, not the web server.`,
    t`Anything about projects. The contract answers for those, to anybody who asks it.`,
  ];
  return (
    <Section title={t`What it does not prove`}>
      <ul className={styles.points}>
        {points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </Section>
  );
}
