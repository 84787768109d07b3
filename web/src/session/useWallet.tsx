import { Trans, useLingui } from '@lingui/react/macro';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';
import { useWords, type Words } from '#/api';
import { Address, Dialog, Note } from '#/design';
import {
  type Chain,
  type ConnectedWallet,
  type FoundWallet,
  recallWallet,
  WalletFault,
} from '#/wallets';
import { walletIdOf } from './known';
import { StillWaiting } from './StillWaiting';
import { connectedWallet, isSolana, isStacks, keepWallet } from './session';
import { useSite } from './site';
import { usePatience } from './usePatience';
import { WalletList } from './WalletList';

export interface Wanted {
  chain: Chain;
  /** The very account that must sign; any of the chain when left out. */
  address?: string;
}

/**
 * Gives a wallet that can sign here and now: the one that signed in, or, after a reload, the one
 * that still shows the account by itself, or the one that the person chooses. What is sent with it
 * can be given up when it never answers. Raises `WalletFault` `refused` when the dialog is closed.
 */
export type WalletAsker = (wanted: Wanted) => Promise<ConnectedWallet>;

const Context = createContext<WalletAsker>(() => Promise.reject(new WalletFault('unable')));

export function useWallet(): WalletAsker {
  return useContext(Context);
}

interface Question {
  wanted: Wanted;
  resolve: (wallet: ConnectedWallet) => void;
  reject: (fault: WalletFault) => void;
}

interface Sending {
  wallet: string;
  stop: () => void;
}

export function WalletProvider({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const words = useWords();
  const { network } = useSite();
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [busy, setBusy] = useState<FoundWallet | null>(null);
  const [trouble, setTrouble] = useState<Words | null>(null);
  const [sending, setSending] = useState<Sending | null>(null);
  const question = useRef<Question | null>(null);
  const attempt = useRef(0);
  const longConnect = usePatience(busy);
  const longSend = usePatience(sending);

  /** Waits for what a wallet sends, until it answers or the person stops waiting. */
  const follow = useCallback(
    <Result,>(wallet: string, asked: Promise<Result>): Promise<Result> =>
      new Promise<Result>((resolve, reject) => {
        const mine: Sending = {
          wallet,
          stop: () => reject(new WalletFault('silent', '', { doing: 'send', wallet })),
        };
        setSending(mine);
        asked.then(resolve, reject);
      }).finally(() => setSending(null)),
    [],
  );

  const ask = useCallback<WalletAsker>(
    async (asked) => {
      const held = asked.address
        ? (connectedWallet(asked.address) ?? (await recall(asked.chain, asked.address)))
        : undefined;
      if (held) return followed(held, follow);
      return new Promise((resolve, reject) => {
        question.current?.reject(new WalletFault('refused'));
        const answer = (wallet: ConnectedWallet) => resolve(followed(wallet, follow));
        question.current = { wanted: asked, resolve: answer, reject };
        setTrouble(null);
        setWanted(asked);
      });

      async function recall(chain: Chain, address: string) {
        const id = walletIdOf(address);
        const found = id ? await recallWallet(chain, id, address, network) : null;
        if (found) keepWallet(found);
        return found ?? undefined;
      }
    },
    [follow, network],
  );

  async function choose(found: FoundWallet) {
    const open = question.current;
    if (!open) return;
    attempt.current += 1;
    const mine = attempt.current;
    const stopped = () => attempt.current !== mine;
    setBusy(found);
    setTrouble(null);
    try {
      const wallet = await found.connect(network);
      if (stopped()) return;
      keepWallet(wallet);
      if (open.wanted.address && wallet.address !== open.wanted.address) {
        setTrouble({
          title: t`The wallet shows another account`,
          what: t`Choose the account that is named above in the wallet, and try again.`,
        });
        return;
      }
      question.current = null;
      setWanted(null);
      open.resolve(wallet);
    } catch (error) {
      if (!stopped()) setTrouble(words(error));
    } finally {
      if (!stopped()) setBusy(null);
    }
  }

  function stopConnecting() {
    attempt.current += 1;
    setBusy(null);
    setTrouble({
      title: t`You stopped waiting for the wallet`,
      what: t`Should it still ask, say no there: nobody waits for its answer any more.`,
    });
  }

  function close() {
    attempt.current += 1;
    setBusy(null);
    question.current?.reject(new WalletFault('refused'));
    question.current = null;
    setWanted(null);
  }

  return (
    <Context value={ask}>
      {children}
      <Dialog open={wanted !== null} onClose={close} title={t`Which wallet signs?`}>
        <p className="muted">
          {wanted?.address ? (
            <Trans>
              It must hold <Address of={wanted.address} />. You will see the sum in the wallet
              before anything is sent.
            </Trans>
          ) : (
            <Trans>You will see the sum in the wallet before anything is sent.</Trans>
          )}
        </p>
        {trouble && (
          <Note state="failed" title={trouble.title} alert>
            <p>{trouble.what}</p>
          </Note>
        )}
        {wanted && (
          <WalletList
            chain={wanted.chain}
            busy={busy?.id ?? null}
            onChoose={(w) => void choose(w)}
          />
        )}
        {busy && longConnect && <StillWaiting wallet={busy.name} onStop={stopConnecting} />}
      </Dialog>
      <Dialog
        open={sending !== null && longSend}
        onClose={() => sending?.stop()}
        title={t`No answer from the wallet`}
        held
      >
        {sending && <StillWaiting wallet={sending.wallet} onStop={sending.stop} />}
      </Dialog>
    </Context>
  );
}

/** The same wallet, whose sending can be given up. */
function followed(
  wallet: ConnectedWallet,
  follow: <Result>(name: string, asked: Promise<Result>) => Promise<Result>,
): ConnectedWallet {
  if (isSolana(wallet)) {
    const made: typeof wallet = {
      ...wallet,
      signAndSend: (bytes, network) => follow(wallet.name, wallet.signAndSend(bytes, network)),
    };
    return made;
  }
  if (isStacks(wallet)) {
    const made: typeof wallet = {
      ...wallet,
      callContract: (call, network) => follow(wallet.name, wallet.callContract(call, network)),
    };
    return made;
  }
  return wallet;
}
