import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';
import { Actions, Button, Icon, Skeleton } from '#/design';
import { type Chain, type FoundWallet, findWallets } from '#/wallets';
import { GetWallet } from './GetWallet';
import { useWalletIcon } from './walletIcon';
import styles from './wallets.module.css';

export const CHAIN_NAMES: Record<Chain, string> = {
  solana: 'Solana',
  stacks: 'Stacks',
  evm: 'Ethereum',
};

/** What to call a wallet, also one that gave no name. */
export function useWalletName(): (wallet: FoundWallet) => string {
  const { t } = useLingui();
  return ({ name }) => name || t`Wallet without a name`;
}

/** The wallets of this browser, to choose from. `chain` shows those of one chain only. */
export function WalletList(props: {
  chain?: Chain | undefined;
  busy?: string | null;
  onChoose: (wallet: FoundWallet) => void;
}) {
  const [found, setFound] = useState<FoundWallet[] | null>(null);
  const [round, setRound] = useState(0);
  const [more, setMore] = useState(false);
  const nameOf = useWalletName();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round looks again
  useEffect(() => findWallets(setFound), [round]);
  const shown = found?.filter((wallet) => !props.chain || wallet.chain === props.chain);
  const again = () => setRound(round + 1);

  if (!shown) return <Skeleton lines={3} />;
  if (shown.length === 0) return <GetWallet chain={props.chain} none onAgain={again} />;
  const twins = twinsOf(shown);
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
              <span className={styles.name}>
                <bdi>{nameOf(wallet)}</bdi>
                {twins.get(wallet.id) && (
                  <bdi className={styles.mark} dir="ltr">
                    {twins.get(wallet.id)}
                  </bdi>
                )}
              </span>
              <span className={styles.chain}>{CHAIN_NAMES[wallet.chain]}</span>
            </button>
          </li>
        ))}
      </ul>
      {twins.size > 0 && (
        <p className="fine">
          <Trans>
            Two wallets here have one name. If you installed only one, something passes itself off
            as it: look at the browser’s extensions before you choose.
          </Trans>
        </p>
      )}
      <p className="vh" role="status">
        <Plural value={shown.length} one="# wallet found" other="# wallets found" />
      </p>
      {more ? (
        <GetWallet chain={props.chain} onAgain={again} />
      ) : (
        <Actions>
          <Button kind="quiet" onClick={() => setMore(true)}>
            <Trans>Mine is not here</Trans>
          </Button>
        </Actions>
      )}
    </>
  );
}

/** What tells apart wallets that share name and chain: what each says of itself, or its number. */
function twinsOf(shown: FoundWallet[]): Map<string, string> {
  const groups = new Map<string, FoundWallet[]>();
  for (const wallet of shown) {
    const key = `${wallet.chain}:${wallet.name}`;
    groups.set(key, [...(groups.get(key) ?? []), wallet]);
  }
  const twins = new Map<string, string>();
  for (const each of groups.values()) {
    if (each.length < 2) continue;
    const marks = new Set(each.map(({ mark }) => mark));
    each.forEach(({ id, mark }, at) => {
      twins.set(id, mark && marks.size === each.length ? mark : `${at + 1} / ${each.length}`);
    });
  }
  return twins;
}

function WalletIcon({ source }: { source: string }) {
  const icon = useWalletIcon(source);
  const [broken, setBroken] = useState<string | null>(null);
  return icon && icon !== broken ? (
    <img
      className={styles.icon}
      src={icon}
      width="32"
      height="32"
      alt=""
      onError={() => setBroken(icon)}
    />
  ) : (
    <span className={styles.icon}>
      <Icon name="person" />
    </span>
  );
}
