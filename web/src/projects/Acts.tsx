import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiProblem, api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  Button,
  bondSide,
  Dialog,
  divide,
  Fact,
  Facts,
  Money,
  Note,
  Split,
  SplitSums,
} from '#/design';
import { i18n } from '#/i18n';
import { connectedWallet, isStacks, useSite, useWallet } from '#/session';
import { WalletFault } from '#/wallets';
import { bondOf, daysOf, totalOf } from './money';
import {
  at,
  type Call,
  type ChainAct,
  type Milestone,
  type Project,
  type Rights,
  useRefresh,
} from './queries';
import { About } from './words';

export interface Wanted {
  act: ChainAct;
  num: number | null;
  /** The freelancer's part of 10,000, where the act names one. */
  bps?: number | null;
}

/** Words of a button: a verb, and the sum that moves. One box, so that they break as words do. */
export function ActWords(props: { project: Project; wanted: Wanted }): ReactNode {
  return (
    <span>
      <Said {...props} />
    </span>
  );
}

function Said({ project, wanted }: { project: Project; wanted: Wanted }): ReactNode {
  const escrow = project.funding?.escrow;
  const { asset, part } = project;
  const milestone = project.milestones.find((each) => each.num === wanted.num);
  const amount = milestone?.amountMinor ?? totalOf(project).toString();
  const money = (minor: bigint | string) => <Money minor={minor} asset={asset} inherit />;
  const whole = money(amount);
  const net = money(divide(amount, 10_000, escrow?.feeBps ?? 0).netMinor);
  const bond = money(bondOf(amount, escrow?.bondBps ?? 0));
  const num = wanted.num;
  switch (wanted.act) {
    case 'create':
      return <Trans>Lock {whole}</Trans>;
    case 'accept':
      return <Trans>Take the project on</Trans>;
    case 'cancel':
      return <Trans>Cancel and take back {whole}</Trans>;
    case 'decline': {
      const still = money(lockedOf(project));
      return <Trans>Decline and send back {still}</Trans>;
    }
    case 'complete':
      return <Trans>Hand in milestone {num}</Trans>;
    case 'reclaim':
      return <Trans>Take back {whole}</Trans>;
    case 'release':
      return <Trans>Release {net}</Trans>;
    case 'concede':
      return <Trans>Give back {whole}</Trans>;
    case 'claim':
      return <Trans>Claim {net}</Trans>;
    case 'dispute':
      return <Trans>Dispute with a bond of {bond}</Trans>;
    case 'default': {
      const parts = divide(amount, milestone?.dispute?.defaultBps ?? 0, escrow?.feeBps ?? 0);
      const mine = money(part === 'freelancer' ? parts.netMinor : parts.refundMinor);
      return <Trans>Carry out the default: {mine} to you</Trans>;
    }
    case 'offer':
      return <Trans>Offer a split</Trans>;
    case 'settle': {
      const parts = divide(amount, wanted.bps ?? 0, escrow?.feeBps ?? 0);
      const mine = money(part === 'freelancer' ? parts.netMinor : parts.refundMinor);
      return <Trans>Settle: {mine} to you</Trans>;
    }
    default:
      return <Trans>Name a split</Trans>;
  }
}

/** All that is still locked and was not handed in. */
function lockedOf(project: Project): bigint {
  return totalOf({ milestones: project.milestones.filter((each) => each.status === 'locked') });
}

/**
 * Acts by wallet. `start` has the call prepared and shows what it does; the dialog has the wallet
 * sign it. Then the page follows the chain by itself.
 */
export function useActs(
  project: Project,
  options: {
    rights?: Rights | undefined;
    /** Another escrow than the project's own, by the chain_tx that created it. */
    creationTxId?: string;
  } = {},
): { start: (wanted: Wanted) => void; dialog: ReactNode } {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [bps, setBps] = useState(5_000);
  return {
    start: (next) => {
      setBps(5_000);
      setWanted(next);
    },
    dialog:
      wanted === null ? null : (
        <ActDialog
          key={`${wanted.act}-${wanted.num}`}
          project={project}
          wanted={wanted.act === 'offer' ? { ...wanted, bps } : wanted}
          {...options}
          onBps={setBps}
          onClose={() => setWanted(null)}
        />
      ),
  };
}

function ActDialog(props: {
  project: Project;
  wanted: Wanted;
  rights?: Rights | undefined;
  creationTxId?: string;
  onBps: (bps: number) => void;
  onClose: () => void;
}) {
  const { project, wanted, creationTxId } = props;
  const { t } = useLingui();
  const refresh = useRefresh(project.id);
  const askWallet = useWallet();
  const { network } = useSite();
  const [call, setCall] = useState<Call | null>(null);
  const chooses = wanted.act === 'offer' && call === null;

  const prepare = useMutation({
    mutationFn: () =>
      ask(
        api.POST('/api/projects/{project_id}/calls', {
          ...at(project.id),
          body: {
            act: wanted.act,
            ...(wanted.num === null ? {} : { milestoneNum: wanted.num }),
            ...(wanted.bps == null ? {} : { bps: wanted.bps }),
            ...(creationTxId ? { creationTxId } : {}),
          },
        }),
      ),
    onSuccess: setCall,
  });
  const send = useMutation({
    mutationFn: async (prepared: Call) => {
      const wallet = await askWallet({ chain: 'stacks', address: prepared.sender });
      if (!isStacks(wallet)) throw new WalletFault('unable');
      const txId = await wallet.callContract(
        {
          contract: prepared.contract,
          functionName: prepared.functionName,
          functionArgs: prepared.functionArgs.map((each) => each.hex),
          postConditions: prepared.postConditions.map((each) => each.hex),
        },
        network,
      );
      // It is sent. That we could not note it changes nothing: the chain shows it all the same.
      await note(project.id, wanted, txId, creationTxId).catch((error: unknown) => {
        if (!(error instanceof ApiProblem)) throw error;
      });
      return txId;
    },
    onSuccess: async () => {
      props.onClose();
      await refresh();
    },
  });
  // The call is prepared as the dialog opens, once, except where a figure is chosen first.
  const asked = useRef(wanted.act === 'offer');
  const { mutate } = prepare;
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    mutate();
  }, [mutate]);

  const held = call ? connectedWallet(call.sender) : undefined;
  const walletName = held?.name ?? t`your wallet`;
  const trouble = prepare.error ?? send.error;
  const gone = !send.isPending && isGone(wanted, props.rights);
  const label = <ActWords project={project} wanted={wanted} />;
  const milestone = project.milestones.find((each) => each.num === wanted.num);
  const cut = {
    bps: wanted.bps ?? 5_000,
    amountMinor: milestone?.amountMinor ?? '0',
    feeBps: project.funding?.escrow?.feeBps ?? 0,
    asset: project.asset,
    ...(milestone ? bondAt(milestone, wanted.bps ?? 5_000) : {}),
  };
  return (
    <Dialog
      open
      onClose={props.onClose}
      held={send.isPending}
      title={label}
      coin={trouble ? 'failed' : 'waiting'}
      live={prepare.isPending || send.isPending}
      actions={
        chooses ? (
          <Button kind="primary" wide disabled={prepare.isPending} onClick={() => prepare.mutate()}>
            <Trans>See what it does</Trans>
          </Button>
        ) : (
          <Button
            kind="primary"
            wide
            disabled={!call || gone || send.isPending}
            onClick={() => call && send.mutate(call)}
          >
            {send.isPending ? (
              <Trans>Look at {walletName}</Trans>
            ) : (
              // One box, so that the words break as words do.
              <span>
                <Trans>
                  {label} with {walletName}
                </Trans>
              </span>
            )}
          </Button>
        )
      }
    >
      {chooses && (
        <>
          <Split
            {...cut}
            client={t`Back to the client`}
            freelancer={t`To the freelancer`}
            onChange={props.onBps}
          />
          <SplitSums {...cut} />
        </>
      )}
      {call && (
        <>
          <Meaning project={project} wanted={wanted} rights={props.rights} />
          <CallFacts call={call} project={project} />
        </>
      )}
      {gone && (
        <Note state="look" title={<Trans>This can no longer be done</Trans>}>
          <p>
            {wanted.act === 'settle' ? (
              <Trans>
                The offer ran out, or another one took its place. Do not sign it; close this and
                look again.
              </Trans>
            ) : (
              <Trans>
                The chain shows another state than when you opened this. Do not sign it; close this
                and look again.
              </Trans>
            )}
          </p>
        </Note>
      )}
      <Trouble error={trouble} />
    </Dialog>
  );
}

/** Whether a right that was there as the dialog opened is nobody's to sign any more. */
function isGone(wanted: Wanted, rights: Rights | undefined): boolean {
  if (!rights || wanted.act === 'create') return false;
  return !rights.items.some(
    (each) =>
      each.mine &&
      each.act === wanted.act &&
      each.milestoneNum === wanted.num &&
      (wanted.act !== 'settle' || each.bps === wanted.bps),
  );
}

/** The bond of a milestone that is disputed, and whose it is at this division. */
function bondAt(milestone: Milestone, bps: number): { bond?: Bond } {
  const { dispute, status } = milestone;
  if (!dispute || status !== 'disputed') return {};
  const filer = dispute.filer === 'client' ? 'client' : 'freelancer';
  return { bond: { minor: dispute.bondMinor, to: bondSide(filer, bps) } };
}

interface Bond {
  minor: string;
  to: 'client' | 'freelancer';
}

/** What the call does to the money, who gets what, and what cannot be undone. */
function Meaning(props: {
  project: Project;
  wanted: Wanted;
  rights: Rights | undefined;
}): ReactNode {
  const { project, wanted } = props;
  const escrow = project.funding?.escrow;
  const { num } = wanted;
  const milestone = project.milestones.find((each) => each.num === num);
  const until = props.rights?.items.find(
    (each) => each.act === wanted.act && each.milestoneNum === num && each.mine,
  )?.untilHeight;
  const money = (minor: bigint | string) => <Money minor={minor} asset={project.asset} />;
  const ends = closingBps(wanted, milestone);
  return (
    <>
      <p>
        <Says
          project={project}
          wanted={wanted}
          days={daysOf(escrow?.claimWindow ?? 0)}
          money={money}
        />{' '}
        {until && (
          <Trans>
            It counts only before block {i18n.number(until.burnHeight)}, <About height={until} />.
          </Trans>
        )}
      </p>
      {milestone && ends !== null && (
        <SplitSums
          bps={ends}
          amountMinor={milestone.amountMinor}
          feeBps={escrow?.feeBps ?? 0}
          asset={project.asset}
          {...bondAt(milestone, ends)}
        />
      )}
    </>
  );
}

/** The freelancer's part of 10,000 with which the act closes a milestone; null if it closes none. */
function closingBps(wanted: Wanted, milestone: Milestone | undefined): number | null {
  switch (wanted.act) {
    case 'release':
    case 'claim':
      return 10_000;
    case 'concede':
    case 'reclaim':
      return 0;
    case 'default':
      return milestone?.dispute?.defaultBps ?? null;
    case 'settle':
    case 'offer':
      return wanted.bps ?? null;
    default:
      return null;
  }
}

function Says(props: {
  project: Project;
  wanted: Wanted;
  days: number;
  money: (minor: bigint | string) => ReactNode;
}): ReactNode {
  const { project, wanted, days, money } = props;
  const escrow = project.funding?.escrow;
  const { num } = wanted;
  const milestone = project.milestones.find((each) => each.num === num);
  switch (wanted.act) {
    case 'create': {
      const whole = money(totalOf(project));
      return (
        <Trans>
          You lock {whole} in the contract. From there it can go only to the freelancer or back to
          you.
        </Trans>
      );
    }
    case 'accept':
      return escrow && !escrow.matches ? (
        <Trans>
          It is not what was agreed on: what the escrow says holds from then on. No money moves, and
          the client can no longer cancel.
        </Trans>
      ) : (
        <Trans>No money moves. From then on the client can no longer cancel.</Trans>
      );
    case 'cancel':
      return <Trans>All of it goes back to you. It cannot be undone.</Trans>;
    case 'decline':
      return (
        <Trans>
          All that is locked and was not handed in goes back to the client. It cannot be undone.
        </Trans>
      );
    case 'complete':
      return escrow?.accepted ? (
        <Trans>
          No money moves yet. The client has {days} days to release or dispute it; after that anyone
          can have it paid to you.
        </Trans>
      ) : (
        <Trans>
          No money moves yet. It says, too, that you take the project on. The client has {days} days
          to release or dispute it; after that anyone can have it paid to you.
        </Trans>
      );
    case 'dispute': {
      const bond = money(bondOf(milestone?.amountMinor ?? '0', escrow?.bondBps ?? 0));
      const time = daysOf(escrow?.arbiterWindow ?? 0);
      return (
        <Trans>
          You put up {bond}. They come back, unless you end with nothing of the milestone; then they
          are the other side’s. The arbiters have {time} days. A milestone can be disputed only
          once.
        </Trans>
      );
    }
    case 'offer': {
      const time = daysOf(escrow?.offerWindow ?? 0);
      return (
        <Trans>
          No money moves until the other side takes it. It stands for {time} days, or until the
          state of milestone {num} changes. A new offer takes its place.
        </Trans>
      );
    }
    default:
      return <Trans>Milestone {num} ends like this, at once. It cannot be undone.</Trans>;
  }
}

/** What the wallet is held to: nothing else can move, to the smallest unit. */
function CallFacts({ call, project }: { call: Call; project: Pick<Project, 'asset'> }) {
  return (
    <>
      {call.postConditions.length > 0 ? (
        <Facts>
          {call.postConditions.map((each) => (
            <Fact
              key={each.hex}
              name={
                each.principal === call.sender ? (
                  each.condition === 'eq' ? (
                    <Trans>Your wallet sends exactly</Trans>
                  ) : (
                    <Trans>Your wallet sends at most</Trans>
                  )
                ) : each.condition === 'eq' ? (
                  <Trans>The contract pays out exactly</Trans>
                ) : (
                  <Trans>The contract pays out at most</Trans>
                )
              }
            >
              <Money minor={each.amountMinor} asset={project.asset} all />
            </Fact>
          ))}
        </Facts>
      ) : (
        <p className="fine">
          <Trans>Your wallet shows no payment but the network’s fee.</Trans>
        </p>
      )}
      <p className="fine">
        <Trans>
          Signed by <Address of={call.sender} /> in deny mode: if any other sum would move, the
          chain undoes the whole call.
        </Trans>
      </p>
    </>
  );
}

async function note(
  id: string,
  wanted: Wanted,
  txId: string,
  creationTxId: string | undefined,
): Promise<void> {
  if (wanted.act === 'create') {
    await ask(api.PUT('/api/projects/{project_id}/funding', { ...at(id), body: { txId } }));
    return;
  }
  await ask(
    api.PUT('/api/projects/{project_id}/transactions', {
      ...at(id),
      body: {
        act: wanted.act,
        txId,
        ...(wanted.num === null ? {} : { milestoneNum: wanted.num }),
        ...(creationTxId ? { creationTxId } : {}),
      },
    }),
  );
}
