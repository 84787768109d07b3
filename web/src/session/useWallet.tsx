import { Trans, useLingui } from '@lingui/react/macro';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';
import { useWords, type Words } from '#/api';
import { Address, Dialog, Note } from '#/design';
import { type Chain, type ConnectedWallet, type FoundWallet, WalletFault } from '#/wallets';
import { connectedWallet, keepWallet } from './session';
import { useSite } from './site';
import { WalletList } from './WalletList';

export interface Wanted {
  chain: Chain;
  /** The very account that must sign; any of the chain when left out. */
  address?: string;
}

/**
 * Gives a wallet that can sign here and now: the one that signed in, or, after a reload, the one
 * that the person chooses. Raises `WalletFault` `refused` when the dialog is closed.
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

export function WalletProvider({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const words = useWords();
  const { network } = useSite();
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<Words | null>(null);
  const question = useRef<Question | null>(null);

  const ask = useCallback<WalletAsker>((asked) => {
    const held = asked.address ? connectedWallet(asked.address) : undefined;
    if (held) return Promise.resolve(held);
    return new Promise((resolve, reject) => {
      question.current?.reject(new WalletFault('refused'));
      question.current = { wanted: asked, resolve, reject };
      setTrouble(null);
      setWanted(asked);
    });
  }, []);

  async function choose(found: FoundWallet) {
    const open = question.current;
    if (!open) return;
    setBusy(found.id);
    setTrouble(null);
    try {
      const wallet = await found.connect(network);
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
      setTrouble(words(error));
    } finally {
      setBusy(null);
    }
  }

  function close() {
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
        {wanted && <WalletList chain={wanted.chain} busy={busy} onChoose={(w) => void choose(w)} />}
      </Dialog>
    </Context>
  );
}
