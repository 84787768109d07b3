import { Trans, useLingui } from '@lingui/react/macro';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useWords, type Words } from '#/api';
import { Actions, Address, Button, Dialog, Empty, Note } from '#/design';
import type { ConnectedWallet, FoundWallet } from '#/wallets';
import { linkWallet, signIn, useSession } from './session';
import { useSite } from './site';
import { WalletList } from './WalletList';

type Purpose = 'sign-in' | 'link';
type Step =
  | { at: 'choose' }
  | { at: 'connecting'; wallet: FoundWallet }
  | { at: 'signing'; wallet: FoundWallet; held: ConnectedWallet };

interface Opener {
  open: (purpose?: Purpose) => void;
}

const Context = createContext<Opener>({ open: () => undefined });

/** Opens the dialog of signing in, or of adding a wallet, from anywhere. */
export function useSignIn(): Opener {
  return useContext(Context);
}

export function SignInProvider({ children }: { children: ReactNode }) {
  const [purpose, setPurpose] = useState<Purpose | null>(null);
  // The words stay while the dialog closes.
  const [last, setLast] = useState<Purpose>('sign-in');
  const open = useCallback((asked: Purpose = 'sign-in') => {
    setLast(asked);
    setPurpose(asked);
  }, []);
  const opener = useMemo(() => ({ open }), [open]);
  return (
    <Context value={opener}>
      {children}
      <SignInDialog open={purpose !== null} purpose={last} onClose={() => setPurpose(null)} />
    </Context>
  );
}

function SignInDialog(props: { open: boolean; purpose: Purpose; onClose: () => void }) {
  const { t } = useLingui();
  const [step, setStep] = useState<Step>({ at: 'choose' });
  const [trouble, setTrouble] = useState<Words | null>(null);
  const words = useWords();
  const { network } = useSite();

  async function run(wallet: FoundWallet, already?: ConnectedWallet) {
    setTrouble(null);
    try {
      let held = already;
      if (!held) {
        setStep({ at: 'connecting', wallet });
        held = await wallet.connect(network);
      }
      setStep({ at: 'signing', wallet, held });
      await (props.purpose === 'link' ? linkWallet(held) : signIn(held));
      close();
    } catch (error) {
      setTrouble(words(error));
      setStep({ at: 'choose' });
    }
  }

  function close() {
    props.onClose();
    setStep({ at: 'choose' });
    setTrouble(null);
  }

  const title = props.purpose === 'link' ? t`Add a wallet` : t`Sign in with your wallet`;
  return (
    <Dialog open={props.open} onClose={close} title={title} held={step.at !== 'choose'}>
      <p className="muted">
        {props.purpose === 'link' ? (
          <Trans>
            It signs a text that shows it is yours. Then it opens this account as well. Signing
            moves no money and costs nothing.
          </Trans>
        ) : (
          <Trans>
            It signs a text that shows it is yours. Signing moves no money and costs nothing.
          </Trans>
        )}
      </p>
      {trouble && (
        <Note state="failed" title={trouble.title} alert>
          <p>{trouble.what}</p>
        </Note>
      )}
      {step.at === 'signing' ? (
        <Note state="waiting" live title={t`Waiting for ${step.wallet.name}`}>
          <p>
            <Trans>
              Sign the text for <Address of={step.held.address} /> in the wallet.
            </Trans>
          </p>
        </Note>
      ) : (
        props.open && (
          <WalletList
            busy={step.at === 'connecting' ? step.wallet.id : null}
            onChoose={(wallet) => void run(wallet)}
          />
        )
      )}
    </Dialog>
  );
}

/** Shows its children to who is signed in, and to others what to do. */
export function SignedIn(props: { children: ReactNode; why?: ReactNode }) {
  const session = useSession();
  const { open } = useSignIn();
  if (session.at === 'in') return props.children;
  if (session.at === 'asking') return null;
  const ended = session.ended;
  return (
    <Empty
      state="waiting"
      level="h2"
      title={ended ? <Trans>You were signed out</Trans> : <Trans>Sign in to see this</Trans>}
      actions={
        <Actions>
          <Button kind="primary" onClick={() => open()}>
            <Trans>Sign in with your wallet</Trans>
          </Button>
        </Actions>
      }
    >
      {ended ? (
        <Trans>The session is over. What is under way goes on without this page.</Trans>
      ) : (
        (props.why ?? (
          <Trans>Your wallet is your account: there is no password and no e-mail.</Trans>
        ))
      )}
    </Empty>
  );
}
