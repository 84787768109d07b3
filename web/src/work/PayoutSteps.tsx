import { Trans, useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import { Address, Money, Note, type Step, Steps, Time } from '#/design';
import styles from './earnings.module.css';
import type { Payout } from './queries';

const ORDER = ['requested', 'signed', 'sent', 'final'] as const;
type Status = (typeof ORDER)[number];

/** Where a payout stands, from asked to final, and where anybody can look it up. */
export function PayoutSteps({ payout }: { payout: Payout }) {
  const { t } = useLingui();
  const { status, waitingFor, history } = payout;
  if (status === 'failed') return <GivenBack payout={payout} />;
  const now = ORDER.indexOf(status);
  const names: Record<Status, string> = {
    requested: t`Asked`,
    signed: t`Signed`,
    sent: status === 'sent' ? t`Sent, not final` : status === 'signed' ? t`Being sent` : t`Sent`,
    final: t`Final`,
  };
  const whats: Record<Status, ReactNode> = {
    requested: waitingFor ? <Waiting reason={waitingFor} /> : t`Set aside from your balance.`,
    signed: t`Within the limits of the house.`,
    sent: t`Final once 32 blocks are built on its block.`,
    final: status === 'final' ? t`Nobody can undo it.` : t`Then nobody can undo it.`,
  };
  // What is signed is being sent; everything else is at the step that its status names.
  const live = status === 'signed' ? 2 : now;
  const steps = ORDER.map((step, at): Step => {
    const stands = at < live || status === 'final' ? 'done' : at === live ? 'now' : 'todo';
    // A payment that never landed is sent anew: the last time counts.
    const since = history.findLast((each) => each.status === step)?.at;
    return {
      key: step,
      name: names[step],
      at: stands,
      ...(stands === 'now' && status !== 'sent' ? { state: 'waiting' as const } : {}),
      time: at <= now && since ? <Time at={since} show="clock" /> : undefined,
      what: whats[step],
    };
  });
  return (
    <>
      <Steps steps={steps} />
      <p className="fine">
        {now < 3 && (
          <>
            <Trans>You may close this page.</Trans>{' '}
          </>
        )}
        <Explorer payout={payout} />
      </p>
    </>
  );
}

function Explorer({ payout }: { payout: Payout }) {
  if (payout.explorerUrl) {
    return (
      <a href={payout.explorerUrl} target="_blank" rel="noreferrer">
        <Trans>See it in the explorer</Trans>
      </a>
    );
  }
  if (!payout.chainTx) return null;
  return (
    <Trans>
      On the chain it is <Address of={payout.chainTx} />.
    </Trans>
  );
}

function GivenBack({ payout }: { payout: Payout }) {
  return (
    <div className={styles.back}>
      <Note state="refunded" title={<Trans>Given back</Trans>}>
        <p>
          <Trans>
            <Money minor={payout.amountMinor} asset={payout.asset} /> did not leave, and you have it
            as balance again.
          </Trans>{' '}
          {payout.failure && <span lang="en">{payout.failure.detail}</span>}
        </p>
      </Note>
      <p className="fine">
        <Explorer payout={payout} />
      </p>
    </div>
  );
}

/** What a payout waits for, in words. */
function Waiting({ reason }: { reason: string }) {
  switch (reason) {
    case 'operator':
      return <Trans>Set aside. The operator looks at it before it is signed.</Trans>;
    case 'treasury_too_small':
      return <Trans>Set aside. It waits until the house has filled up its wallet.</Trans>;
    default:
      return <Trans>Set aside. It is tried again by itself.</Trans>;
  }
}
