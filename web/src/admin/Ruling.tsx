import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { api, ask } from '#/api';
import { Trouble } from '#/app/Trouble';
import {
  Address,
  BPS,
  Button,
  bondSide,
  divide,
  Fact,
  Facts,
  formatMoney,
  formatShare,
  Money,
  Note,
  Sheet,
  Split,
  SplitSums,
  Steps,
  stickClass,
} from '#/design';
import { isStacks, useExplorer, useSite, useWallet } from '#/session';
import { WalletFault } from '#/wallets';
import type { Dispute } from './DisputePage';

/** The figure that the arbiter names, what it would pay, and its way to final. */
export function Ruling({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  const [query, setQuery] = useSearchParams();
  // What was sent stands in the address, so that a reload goes on following it.
  const sent = query.get('sent');
  const isOpen = dispute.state === 'open';
  return (
    <Sheet className={stickClass}>
      <h2>{isOpen ? t`Your ruling` : t`How it ended`}</h2>
      {sent && <Followed dispute={dispute} txId={sent} />}
      {!isOpen ? (
        <Ended dispute={dispute} />
      ) : dispute.finalState === null ? (
        <Note state="provisional" live title={t`The dispute is seen, not final`}>
          <p>
            <Trans>A reorg could still undo it. You can rule once it is final.</Trans>
          </p>
        </Note>
      ) : isLate(dispute) ? (
        <Note state="closed" title={t`The time to rule is over`}>
          <p>
            <Trans>
              Too few of you agreed in time. What was fixed at filing counts now, and anyone may
              carry it out.
            </Trans>
          </p>
        </Note>
      ) : dispute.asset === null ? (
        <Note state="look" title={t`This house does not know the token`}>
          <p>
            <Trans>
              It cannot say in words what a ruling pays. Rule with a tool of your own, on the
              contract itself.
            </Trans>
          </p>
        </Note>
      ) : (
        <Figure
          dispute={dispute}
          asset={dispute.asset}
          onSent={(txId) => setQuery({ sent: txId }, { replace: true })}
        />
      )}
    </Sheet>
  );
}

/** The default may be carried out: no figure of an arbiter counts any more. */
function isLate({ defaultFrom, burnHeight }: Dispute): boolean {
  return defaultFrom !== null && burnHeight >= defaultFrom.burnHeight;
}

function Figure(props: {
  dispute: Dispute;
  asset: NonNullable<Dispute['asset']>;
  onSent: (txId: string) => void;
}) {
  const { t, i18n } = useLingui();
  const { network } = useSite();
  const askWallet = useWallet();
  const { dispute, asset } = props;
  const mine = dispute.votes.find((vote) => vote.arbiter === dispute.arbiter);
  const [bps, setBps] = useState(mine?.bps ?? dispute.defaultBps);
  const parts = divide(dispute.amountMinor, bps, dispute.feeBps);
  const filedBy = dispute.filer === dispute.client ? 'client' : 'freelancer';

  const signed = useMutation({
    mutationFn: async () => {
      const call = await ask(
        api.POST('/api/admin/disputes/{dispute_id}/calls', {
          params: { path: { dispute_id: dispute.id } },
          body: { act: 'vote', bps },
        }),
      );
      const wallet = await askWallet({ chain: 'stacks', address: call.sender });
      if (!isStacks(wallet)) throw new WalletFault('unable');
      return wallet.callContract(
        {
          contract: call.contract,
          functionName: call.functionName,
          functionArgs: call.functionArgs.map((each) => each.hex),
          postConditions: call.postConditions.map((each) => each.hex),
        },
        network,
      );
    },
    onSuccess: props.onSent,
  });

  const right = formatShare(bps, i18n.locale);
  const left = formatShare(BPS - bps, i18n.locale);
  const net = formatMoney(parts.netMinor, asset, { locale: i18n.locale });
  const refund = formatMoney(parts.refundMinor, asset, { locale: i18n.locale });
  const same = mine?.bps === bps;
  return (
    <>
      <Split
        bps={bps}
        onChange={setBps}
        amountMinor={dispute.amountMinor}
        asset={asset}
        feeBps={dispute.feeBps}
        client={t`Back to the client`}
        freelancer={t`To the freelancer`}
      />
      <SplitSums
        bps={bps}
        amountMinor={dispute.amountMinor}
        asset={asset}
        feeBps={dispute.feeBps}
        bond={{ minor: dispute.bondMinor, to: bondSide(filedBy, bps) }}
      />
      <Weight dispute={dispute} bps={bps} />
      <Trouble error={signed.error} />
      <Button
        kind="primary"
        wide
        tall
        disabled={signed.isPending || same}
        onClick={() => signed.mutate()}
      >
        {same
          ? t`Your figure is ${right} to ${left}`
          : signed.isPending
            ? t`Your wallet is asking you`
            : t`Rule ${right} to ${left}: ${net} and ${refund}`}
      </Button>
      <p className="fine">
        <Trans>
          First the freelancer’s part, then the client’s. Your key stays in your wallet; this house
          cannot rule in your place.
        </Trans>
      </p>
    </>
  );
}

/** What this figure would do beside those of the others. */
function Weight({ dispute, bps }: { dispute: Dispute; bps: number }) {
  const { t } = useLingui();
  const { threshold } = dispute;
  if (threshold === null) return null;
  const others = dispute.votes.filter(
    (vote) =>
      vote.bps === bps && vote.arbiter !== dispute.arbiter && dispute.voters.includes(vote.arbiter),
  ).length;
  const count = others + 1;
  if (count >= threshold) {
    return (
      <Note state="look" title={t`This pays at once`}>
        <p>
          {threshold === 1 ? (
            <Trans>One arbiter decides here. It cannot be taken back once it is final.</Trans>
          ) : (
            <Trans>
              Yours is the last of the {threshold} that must name the same figure. It cannot be
              taken back once it is final.
            </Trans>
          )}
        </p>
      </Note>
    );
  }
  return (
    <Note state="waiting" title={t`This does not pay yet`}>
      <p>
        <Trans>
          {count} of {threshold} would name it. You may name another figure as long as nothing is
          decided.
        </Trans>
      </p>
    </Note>
  );
}

/** A ruling on its way: sent, in a block, final. */
function Followed({ dispute, txId }: { dispute: Dispute; txId: string }) {
  const { t } = useLingui();
  const explorer = useExplorer();
  const event = dispute.timeline.find((each) => each.txId === txId);
  const chain = useQuery({
    queryKey: ['admin', 'chainTx', txId],
    queryFn: () => ask(api.POST('/api/blockchain/verify-tx', { body: { txId } })),
    refetchInterval: 5_000,
    enabled: event?.state !== 'final',
  });
  const state = event?.state === 'final' ? 'final' : chain.data?.state;
  const link = explorer('chainTx', 'stacks', txId);
  if (state === 'failed' || state === 'dropped') {
    return (
      <Note state="failed" title={t`The chain refused it`} alert>
        <p>
          <Trans>Your figure was not counted, and no money moved. You can sign again.</Trans>{' '}
          <span lang="en">{chain.data?.detail}</span>
        </p>
      </Note>
    );
  }
  const seen = event !== undefined;
  const final = event?.state === 'final';
  return (
    <>
      <Steps
        steps={[
          {
            key: 'sent',
            name: t`Signed by you and sent`,
            at: 'done',
            state: seen ? 'final' : 'provisional',
            what: link ? (
              <a href={link} rel="noreferrer" target="_blank">
                <Trans>See it on the chain</Trans>
              </a>
            ) : (
              <Address of={txId} />
            ),
          },
          {
            key: 'seen',
            name: final
              ? t`In a block`
              : seen
                ? t`In a block, seen, not final`
                : t`Waiting for a block with it`,
            at: final ? 'done' : 'now',
            state: final ? 'final' : seen ? 'provisional' : 'waiting',
          },
          {
            key: 'final',
            name: final ? t`Final` : t`Final once Bitcoin has built on it, about an hour`,
            at: final ? 'done' : 'todo',
          },
        ]}
      />
      {!final && (
        <p className="fine">
          <Trans>You may close this page.</Trans>
        </p>
      )}
    </>
  );
}

/** Who got what, once it is over. */
function Ended({ dispute }: { dispute: Dispute }) {
  const { t } = useLingui();
  const { asset, netMinor, refundMinor, amountMinor, how } = dispute;
  const ways: Record<string, string> = {
    ruled: t`By the arbiters’ ruling`,
    settled: t`By agreement of both sides`,
    defaulted: t`By the default: too few agreed in time`,
    released: t`The client released it`,
    conceded: t`One side gave up`,
  };
  const isFinal = dispute.finalState === 'closed';
  const filedBy = dispute.filer === dispute.client ? 'client' : 'freelancer';
  const all = refundMinor === '0';
  const bondTo = bondSide(filedBy, all ? BPS : refundMinor === amountMinor ? 0 : BPS / 2);
  return (
    <>
      <Note
        state={isFinal ? 'split' : 'provisional'}
        live={!isFinal}
        title={(how && ways[how]) ?? t`It is over`}
      >
        <p>
          {isFinal ? (
            <Trans>It is final, and cannot be undone.</Trans>
          ) : (
            <Trans>Seen, not final: it can still be undone until Bitcoin has built on it.</Trans>
          )}
        </p>
      </Note>
      {asset && netMinor !== null && refundMinor !== null && (
        <Facts>
          <Fact name={t`To the freelancer`}>
            <Money minor={netMinor} asset={asset} />
          </Fact>
          <Fact name={t`Fee of this house`}>
            <Money
              minor={BigInt(amountMinor) - BigInt(netMinor) - BigInt(refundMinor)}
              asset={asset}
            />
          </Fact>
          <Fact name={t`Back to the client`}>
            <Money minor={refundMinor} asset={asset} />
          </Fact>
          <Fact name={bondTo === 'client' ? t`Bond, to the client` : t`Bond, to the freelancer`}>
            <Money minor={dispute.bondMinor} asset={asset} />
          </Fact>
          <Fact sum={isFinal} name={t`In dispute, with bond`}>
            <Money minor={BigInt(amountMinor) + BigInt(dispute.bondMinor)} asset={asset} />
          </Fact>
        </Facts>
      )}
    </>
  );
}
