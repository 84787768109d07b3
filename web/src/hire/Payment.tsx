import { Trans, useLingui } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { OpenDemoWallet } from '#/app/DemoWallet';
import { Trouble } from '#/app/Trouble';
import {
  Actions,
  Address,
  Button,
  Fact,
  Facts,
  formatMoney,
  Icon,
  LinkButton,
  Money,
  Note,
  Sheet,
  toMinor,
} from '#/design';
import { connectedWallet, useExplorer, usePay, useSite, useUser } from '#/session';
import { WalletFault } from '#/wallets';
import styles from './hire.module.css';
import { missingOf } from './PayPage';
import type { Order, Task } from './queries';
import { dropSent, keepSent, readSent, SENT_MS_MAX } from './sent';
import { useNow } from './useNow';

/** The sheet of an order: how to pay it, or what came of it. */
export function Payment({ order, task }: { order: Order; task: Task }) {
  if (task.status !== 'awaiting_payment') return <Ended order={order} />;
  if (order.status === 'seen') return <Seen order={order} />;
  if (order.status === 'final') return <Final order={order} />;
  return <ToPay order={order} />;
}

/** Whether a wallet had less than is asked. */
function lacksMoney(error: unknown): boolean {
  return (
    error instanceof WalletFault && ['too-little', 'no-fee', 'wrong-coin'].includes(error.kind)
  );
}

function ToPay({ order }: { order: Order }) {
  const pay = usePay();
  const user = useUser();
  const { network } = useSite();
  const { asset } = order;
  const [sent, setSent] = useState(() => readSent(order.id));
  const now = useNow();
  const own = user?.addresses.find(({ chain }) => chain === 'solana')?.address;
  const wallet = own ? connectedWallet(own)?.name : undefined;
  const missing = missingOf(order);

  // What came short has been seen: the rest is another payment.
  const { status } = order;
  useEffect(() => {
    if (status === 'underpaid') {
      dropSent(order.id);
      setSent(null);
    }
  }, [status, order.id]);

  const send = useMutation({
    mutationFn: (from: string | undefined) => pay(order.payUrl, from),
    onSuccess: (chainTx) => {
      const made = { chainTx, atMs: Date.now() };
      keepSent(order.id, made);
      setSent(made);
    },
  });
  const waits = sent !== null && now - sent.atMs < SENT_MS_MAX;
  const over = Date.parse(order.expiresAt) <= now;

  return (
    <Sheet>
      {status === 'underpaid' && (
        <Note state="provisional" title={<Trans>Less came than was asked</Trans>}>
          <p>
            <Trans>
              <Money minor={toMinor(order.amountMinor) - missing} asset={asset} /> of{' '}
              <Money minor={order.amountMinor} asset={asset} /> is here and final. Pay the rest in
              time and the task opens; otherwise what came is your balance.
            </Trans>
          </p>
        </Note>
      )}
      {waits && sent ? (
        <Note state="waiting" live title={<Trans>Sent, not seen yet</Trans>}>
          <p>
            <Trans>
              Your wallet has sent <Money minor={missing} asset={asset} />. We look for it on the
              chain; that takes a few seconds. Do not pay again meanwhile.
            </Trans>
          </p>
          <p>
            <ChainTx id={sent.chainTx} />
          </p>
        </Note>
      ) : over ? (
        <Note state="look" title={<Trans>The time to pay is over</Trans>}>
          <p>
            <Trans>
              What is sent from now on becomes your balance and opens nothing. We still look whether
              it was paid before that.
            </Trans>
          </p>
        </Note>
      ) : (
        <>
          <h2>
            <Trans>Pay from this device</Trans>
          </h2>
          <Trouble
            error={send.error}
            actions={
              network === 'local' &&
              lacksMoney(send.error) && (
                <OpenDemoWallet>
                  <Trans>Get play money</Trans>
                </OpenDemoWallet>
              )
            }
          />
          <Button
            kind="primary"
            wide
            tall
            disabled={send.isPending}
            onClick={() => send.mutate(own)}
          >
            {send.isPending ? (
              <Trans>Look at your wallet</Trans>
            ) : wallet ? (
              <span>
                <Trans>
                  Pay <Money inherit minor={missing} asset={asset} /> with {wallet}
                </Trans>
              </span>
            ) : (
              <span>
                <Trans>
                  Pay <Money inherit minor={missing} asset={asset} /> with your wallet
                </Trans>
              </span>
            )}
          </Button>
          <p className="fine">
            {own && (
              <Trans>
                From <Address of={own} />. Your wallet will show the same figure.
              </Trans>
            )}{' '}
            <button
              type="button"
              className={styles.link}
              aria-disabled={send.isPending || undefined}
              onClick={() => {
                if (!send.isPending) send.mutate(undefined);
              }}
            >
              <Trans>Use another wallet</Trans>
            </button>
          </p>
          <p className={styles.or}>
            <Trans>or from another device</Trans>
          </p>
          <Qr order={order} missing={missing} />
        </>
      )}
    </Sheet>
  );
}

function Qr({ order, missing }: { order: Order; missing: bigint }) {
  const { t, i18n } = useLingui();
  const [copied, setCopied] = useState(false);
  const sum = formatMoney(missing, order.asset, { locale: i18n.locale });
  const copy = async () => {
    await navigator.clipboard.writeText(order.payUrl);
    setCopied(true);
  };
  // Asked for by its path, so that it is of this origin wherever the site stands; what is missing
  // is part of the address, since the code changes with it.
  const { pathname } = new URL(order.qrUrl);
  return (
    <>
      <div className={styles.qr}>
        <img
          src={`${pathname}?for=${missing}`}
          width={244}
          height={244}
          alt={t`Payment request for ${sum} as a QR code`}
        />
      </div>
      <p className="fine">
        <Trans>
          Scan it with a Solana wallet. The code holds the amount and a reference, so anyone may pay
          it for you.
        </Trans>
      </p>
      <Facts size="small">
        <Fact name={<Trans>To the treasury</Trans>}>
          <Address of={order.recipient} />
        </Fact>
        <Fact name={<Trans>Reference</Trans>}>
          <Address of={order.reference} />
        </Fact>
      </Facts>
      <Actions>
        <Button wide onClick={() => void copy().catch(() => setCopied(false))}>
          <Icon name={copied ? 'check' : 'copy'} />
          <span aria-live="polite">
            {copied ? (
              <Trans>The payment link is copied</Trans>
            ) : (
              <Trans>Copy the payment link</Trans>
            )}
          </span>
        </Button>
      </Actions>
    </>
  );
}

function Seen({ order }: { order: Order }) {
  const { i18n } = useLingui();
  const { asset, seenTx, seenSlot } = order;
  const block = seenSlot === null ? null : i18n.number(seenSlot);
  useEffect(() => dropSent(order.id), [order.id]);
  return (
    <Sheet>
      <Note state="provisional" title={<Trans>We see your payment</Trans>} level="h2">
        <p>
          {block === null ? (
            <Trans>It is not final yet, so the task is still closed.</Trans>
          ) : (
            <Trans>It is in block {block}. It is not final yet, so the task is still closed.</Trans>
          )}
        </p>
      </Note>
      <Facts>
        <Fact name={<Trans>Asked</Trans>}>
          <Money minor={order.amountMinor} asset={asset} />
        </Fact>
        <Fact name={<Trans>Final so far</Trans>}>
          <Money minor={order.receivedMinor} asset={asset} />
        </Fact>
        {seenTx && (
          <Fact name={<Trans>Transaction</Trans>}>
            <ChainTx id={seenTx} />
          </Fact>
        )}
      </Facts>
      <p className="fine">
        <Trans>
          Nothing more to do. What was sent is counted once it is final; then the task opens by
          itself.
        </Trans>
      </p>
    </Sheet>
  );
}

function Final({ order }: { order: Order }) {
  const { asset } = order;
  return (
    <Sheet>
      <Note state="final" title={<Trans>The payment is final</Trans>} level="h2">
        <p>
          <Trans>It cannot be undone any more. The task opens now.</Trans>
        </p>
      </Note>
      <Facts>
        <Fact name={<Trans>Asked</Trans>}>
          <Money minor={order.amountMinor} asset={asset} />
        </Fact>
        <Fact name={<Trans>Received</Trans>}>
          <Money minor={order.receivedMinor} asset={asset} />
        </Fact>
      </Facts>
    </Sheet>
  );
}

/** The task was called off, or its time ran out: what became of the money. */
function Ended({ order }: { order: Order }) {
  const { asset } = order;
  const received = toMinor(order.receivedMinor) > 0n;
  return (
    <Sheet>
      {received ? (
        <Note state="refunded" title={<Trans>What came is your balance</Trans>} level="h2">
          <p>
            {order.status === 'late' ? (
              <Trans>
                The payment is final, but its block came after the time that was given. It opened
                nothing and nothing of it was kept.
              </Trans>
            ) : order.status === 'underpaid' ? (
              <Trans>
                Less came in time than was asked. It opened nothing and nothing of it was kept.
              </Trans>
            ) : (
              <Trans>The task was called off before it opened. Nothing of it was kept.</Trans>
            )}
          </p>
        </Note>
      ) : (
        <Note state="closed" title={<Trans>Nothing was charged</Trans>} level="h2">
          <p>
            {order.status === 'cancelled' ? (
              <Trans>
                You called the task off before it was paid. What is sent to it later becomes your
                balance.
              </Trans>
            ) : (
              <Trans>
                No payment came in time. What is sent to it later becomes your balance and opens
                nothing.
              </Trans>
            )}
          </p>
        </Note>
      )}
      <Facts>
        <Fact name={<Trans>Asked</Trans>}>
          <Money minor={order.amountMinor} asset={asset} />
        </Fact>
        <Fact name={<Trans>Received</Trans>}>
          <Money minor={order.receivedMinor} asset={asset} />
        </Fact>
        <Fact name={<Trans>Now your balance</Trans>}>
          <Money minor={order.returnedMinor} asset={asset} />
        </Fact>
      </Facts>
      <Actions>
        <LinkButton to="/hire/tasks/new">
          <Trans>Write a new task</Trans>
        </LinkButton>
        {received && (
          <LinkButton to="/work/earnings">
            <Trans>See your balance</Trans>
          </LinkButton>
        )}
      </Actions>
    </Sheet>
  );
}

/** The chain's id of a payment, as a link where an explorer sees the chain. */
export function ChainTx({ id }: { id: string }) {
  const href = useExplorer()('chainTx', 'solana', id);
  if (!href) return <Address of={id} />;
  return (
    <a href={href} target="_blank" rel="noreferrer">
      <Address of={id} />
    </a>
  );
}
