import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiProblem, api, ask, useWords } from '#/api';
import {
  Address,
  Button,
  Dialog,
  divide,
  Fact,
  Facts,
  Money,
  Note,
  Split,
  SplitSums,
} from '#/design';
import { connectedWallet, isStacks, useSite, useWallet } from '#/session';
import { WalletFault } from '#/wallets';
import { bondOf, totalOf } from './money';
import { at, type Call, type ChainAct, type Project, useRefresh } from './queries';

export interface Wanted {
  act: ChainAct;
  num: number | null;
  /** The freelancer's part of 10,000, where the act names one. */
  bps?: number | null;
}

/** Words of a button: a verb, and the sum that the wallet will show. */
export function ActWords({ project, wanted }: { project: Project; wanted: Wanted }): ReactNode {
  const escrow = project.funding?.escrow;
  const { asset } = project;
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
    case 'decline':
      return <Trans>Decline what is still locked</Trans>;
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
    case 'default':
      return <Trans>Carry out the default</Trans>;
    case 'offer':
      return <Trans>Offer a split</Trans>;
    case 'settle': {
      const parts = divide(amount, wanted.bps ?? 0, escrow?.feeBps ?? 0);
      const mine = money(project.part === 'freelancer' ? parts.netMinor : parts.refundMinor);
      return <Trans>Settle: {mine} to you</Trans>;
    }
    default:
      return <Trans>Name a split</Trans>;
  }
}

/**
 * Acts by wallet. `start` has the call prepared and shows what it does; the dialog has the wallet
 * sign it. Then the page follows the chain by itself.
 */
export function useActs(project: Project): { start: (wanted: Wanted) => void; dialog: ReactNode } {
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
          onBps={setBps}
          onClose={() => setWanted(null)}
        />
      ),
  };
}

function ActDialog(props: {
  project: Project;
  wanted: Wanted;
  onBps: (bps: number) => void;
  onClose: () => void;
}) {
  const { project, wanted } = props;
  const { t } = useLingui();
  const words = useWords();
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
      await note(project.id, wanted, txId).catch((error: unknown) => {
        if (!(error instanceof ApiProblem)) throw error;
      });
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
  const label = <ActWords project={project} wanted={wanted} />;
  const cut = {
    bps: wanted.bps ?? 5_000,
    amountMinor: project.milestones.find((each) => each.num === wanted.num)?.amountMinor ?? '0',
    feeBps: project.funding?.escrow?.feeBps ?? 0,
    asset: project.asset,
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
            disabled={!call || send.isPending}
            onClick={() => call && send.mutate(call)}
          >
            {send.isPending ? (
              <Trans>Look at {walletName}</Trans>
            ) : (
              <Trans>
                {label} with {walletName}
              </Trans>
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
      {call && <CallFacts call={call} project={project} />}
      {trouble && (
        <Note state="failed" title={words(trouble).title} alert>
          <p>{words(trouble).what}</p>
        </Note>
      )}
    </Dialog>
  );
}

/** What the wallet is held to: nothing else can move, to the smallest unit. */
export function CallFacts({ call, project }: { call: Call; project: Pick<Project, 'asset'> }) {
  return (
    <>
      <p className="muted" lang="en">
        {call.note}
      </p>
      {call.postConditions.length > 0 && (
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

async function note(id: string, wanted: Wanted, txId: string): Promise<void> {
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
      },
    }),
  );
}
