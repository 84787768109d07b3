import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { Actions, Button, Icon, Skeleton, Stack } from '#/design';
import { type Chain, type FoundWallet, findWallets } from '#/wallets';
import { useSite } from './site';
import { useWalletIcon } from './walletIcon';
import styles from './wallets.module.css';

const NAMES: Record<Chain, string> = { solana: 'Solana', stacks: 'Stacks', evm: 'Ethereum' };

/** The wallets of this browser, to choose from. `chain` shows those of one chain only. */
export function WalletList(props: {
  chain?: Chain | undefined;
  busy?: string | null;
  onChoose: (wallet: FoundWallet) => void;
}) {
  const [found, setFound] = useState<FoundWallet[] | null>(null);
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round looks again
  useEffect(() => findWallets(setFound), [round]);
  const shown = found?.filter((wallet) => !props.chain || wallet.chain === props.chain);

  if (!shown) return <Skeleton lines={3} />;
  if (shown.length === 0) return <NoWallet onAgain={() => setRound(round + 1)} />;
  return (
    <>
      <ul className={styles.list}>
        {shown.map((wallet) => (
          <li key={wallet.id}>
            <button
              type="button"
              className={styles.wallet}
              aria-disabled={props.busy ? true : undefined}
              aria-busy={props.busy === wallet.id || undefined}
              onClick={() => !props.busy && props.onChoose(wallet)}
            >
              <WalletIcon source={wallet.icon} />
              <span className={styles.name}>{wallet.name}</span>
              <span className={styles.chain}>{NAMES[wallet.chain]}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className="vh" role="status">
        <Plural value={shown.length} one="# wallet found" other="# wallets found" />
      </p>
    </>
  );
}

function WalletIcon({ source }: { source: string }) {
  const icon = useWalletIcon(source);
  return icon ? (
    <img className={styles.icon} src={icon} width="32" height="32" alt="" />
  ) : (
    <span className={styles.icon}>
      <Icon name="person" />
    </span>
  );
}

/** What a newcomer needs to know, in the order in which it is done. */
function NoWallet(props: { onAgain: () => void }) {
  const { t } = useLingui();
  const { network } = useSite();
  return (
    <Stack gap="tight">
      <p>
        <b>{t`No wallet found in this browser.`}</b>{' '}
        <Trans>
          Your wallet is your account here: there is no password and no e-mail. Getting one takes
          two minutes.
        </Trans>
      </p>
      <ol className={styles.how}>
        <li>
          <Trans>
            Install a wallet from its maker’s own page, such as phantom.com or solflare.com for
            photo tasks, leather.io or xverse.app for projects.
          </Trans>
        </li>
        <li>
          <Trans>Write its recovery words on paper. Whoever has them has the money.</Trans>
        </li>
        <li>
          <Trans>Come back to this page and look again.</Trans>
        </li>
      </ol>
      {network === 'local' && (
        <p className="fine">
          <Trans>
            This house runs on a chain of its own, with play money. It brings a demo wallet, unless
            this browser keeps scripts away.
          </Trans>
        </p>
      )}
      <Actions>
        <Button kind="primary" onClick={props.onAgain}>
          <Trans>Look again</Trans>
        </Button>
      </Actions>
    </Stack>
  );
}
