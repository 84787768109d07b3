import { Trans, useLingui } from '@lingui/react/macro';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useWords, type Words } from '#/api';
import { keeper } from '#/api/keeper';
import { Actions, Address, Button, Dialog, Empty, Head, Note, Skeleton } from '#/design';
import type { ConnectedWallet, FoundWallet } from '#/wallets';
import { StillWaiting } from './StillWaiting';
import { linkWallet, signIn, useSession } from './session';
import { useSite } from './site';
import { usePatience } from './usePatience';
import { useWalletName, WalletList } from './WalletList';

export type Purpose = 'sign-in' | 'link';
/** Whom the dialog is for: any wallet, or the one that holds `address`. */
interface Asked {
  purpose: Purpose;
  address?: string | undefined;
  chain?: FoundWallet['chain'] | undefined;
}

type Step =
  | { at: 'choose' }
  | { at: 'connecting'; wallet: FoundWallet }
  | { at: 'signing'; wallet: FoundWallet; held: ConnectedWallet };

interface Opener {
  open: (purpose?: Purpose, only?: Omit<Asked, 'purpose'>) => void;
}

const Context = createContext<Opener>({ open: () => undefined });

/** Opens the dialog of signing in, or of adding a wallet, from anywhere. */
export function useSignIn(): Opener {
  return useContext(Context);
}

export function SignInProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  // The words stay while the dialog closes.
  const [last, setLast] = useState<Asked>({ purpose: 'sign-in' });
  const open = useCallback<Opener['open']>((purpose = 'sign-in', only = {}) => {
    setLast({ purpose, ...only });
    setAsked({ purpose, ...only });
  }, []);
  const opener = useMemo(() => ({ open }), [open]);
  return (
    <Context value={opener}>
      {children}
      <SignInDialog open={asked !== null} asked={last} onClose={() => setAsked(null)} />
    </Context>
  );
}

function SignInDialog(props: { open: boolean; asked: Asked; onClose: () => void }) {
  const { t } = useLingui();
  const { purpose, address, chain } = props.asked;
  const [step, setStep] = useState<Step>({ at: 'choose' });
  const [trouble, setTrouble] = useState<Words | null>(null);
  const words = useWords();
  const nameOf = useWalletName();
  const { network } = useSite();
  const impatient = usePatience(step.at === 'choose' ? null : step);
  /** Counts the tries: what a wallet answers to one that was given up is not heard. */
  const attempt = useRef(0);

  async function run(wallet: FoundWallet) {
    attempt.current += 1;
    const mine = attempt.current;
    const stopped = () => attempt.current !== mine;
    setTrouble(null);
    try {
      setStep({ at: 'connecting', wallet });
      const held = await wallet.connect(network);
      if (stopped()) return;
      if (address && held.address !== address) {
        setTrouble({
          title: t`The wallet shows another account`,
          what: t`Choose the account that is named above in the wallet, and try again.`,
        });
        setStep({ at: 'choose' });
        return;
      }
      setStep({ at: 'signing', wallet, held });
      await (purpose === 'link' ? linkWallet(held, stopped) : signIn(held, stopped));
      if (!stopped()) close();
    } catch (error) {
      if (stopped()) return;
      setTrouble(words(error));
      setStep({ at: 'choose' });
    }
  }

  function stop() {
    attempt.current += 1;
    setStep({ at: 'choose' });
    setTrouble({
      title: t`You stopped waiting for the wallet`,
      what: t`Should it still ask, say no there: nobody waits for its answer any more.`,
    });
  }

  function close() {
    attempt.current += 1;
    props.onClose();
    setStep({ at: 'choose' });
    setTrouble(null);
  }

  const title = purpose === 'link' ? t`Add a wallet` : t`Sign in with your wallet`;
  const name = step.at === 'choose' ? '' : nameOf(step.wallet);
  return (
    <Dialog open={props.open} onClose={close} title={title} held={step.at !== 'choose'}>
      <p className="muted">
        {purpose === 'link' ? (
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
      {address && (
        <p>
          <Trans>
            It must hold <Address of={address} />.
          </Trans>
        </p>
      )}
      {trouble && (
        <Note state="failed" title={trouble.title} alert>
          <p>{trouble.what}</p>
        </Note>
      )}
      {step.at === 'signing' ? (
        <Note state="waiting" live title={t`Waiting for ${name}`}>
          <p>
            <Trans>
              Sign the text for <Address of={step.held.address} /> in the wallet.
            </Trans>
          </p>
        </Note>
      ) : (
        props.open && (
          <WalletList
            chain={chain}
            busy={step.at === 'connecting' ? step.wallet.id : null}
            onChoose={(wallet) => void run(wallet)}
          />
        )
      )}
      {step.at !== 'choose' && impatient && <StillWaiting wallet={name} onStop={stop} />}
    </Dialog>
  );
}

/** It is not known whether one is signed in: the cookie could not be tried, and is tried again. */
function Away() {
  return (
    <div role="alert">
      <Empty
        state="look"
        level="h2"
        title={<Trans>The server cannot be reached</Trans>}
        actions={
          <Button onClick={() => void keeper.renew(null).catch(() => undefined)}>
            <Trans>Try again</Trans>
          </Button>
        }
      >
        <Trans>
          So it is not known here who you are. What is under way goes on without this page, and you
          stay signed in. It is tried again by itself.
        </Trans>
      </Empty>
    </div>
  );
}

/** Shows its children to who is signed in, and to others what to do. */
export function SignedIn(props: {
  children: ReactNode;
  why?: ReactNode;
  /** Heads the page until somebody is signed in, where its own head comes with what it fetches. */
  title?: string;
}) {
  const session = useSession();
  if (session.at === 'in') return props.children;
  return (
    <>
      {props.title && <Head title={props.title} />}
      {session.at === 'asking' ? (
        <Skeleton lines={5} />
      ) : session.away ? (
        <Away />
      ) : (
        <SignInFirst why={props.why} ended={session.ended} />
      )}
    </>
  );
}

function SignInFirst(props: { why: ReactNode; ended: boolean }) {
  const { open } = useSignIn();
  const { ended } = props;
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
