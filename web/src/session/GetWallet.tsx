import { Trans, useLingui } from '@lingui/react/macro';
import { Actions, Button, Stack } from '#/design';
import type { Chain } from '#/wallets';
import { isPhone, type Maker, makersOf } from './makers';
import { useSite } from './site';
import styles from './wallets.module.css';

/** What a newcomer needs to know, in the order in which it is done. `none`: nothing was found. */
export function GetWallet(props: {
  chain?: Chain | undefined;
  none?: boolean;
  onAgain: () => void;
}) {
  const { t } = useLingui();
  const { network } = useSite();
  const phone = isPhone();
  const chains: Chain[] = props.chain ? [props.chain] : ['solana', 'stacks', 'evm'];
  return (
    <Stack gap="tight">
      {props.none && (
        <p>
          <b>
            {props.chain === 'solana'
              ? t`No Solana wallet found in this browser.`
              : props.chain === 'stacks'
                ? t`No Stacks wallet found in this browser.`
                : t`No wallet found in this browser.`}
          </b>{' '}
          <Trans>
            Your wallet is your account here: there is no password and no e-mail. Getting one takes
            two minutes.
          </Trans>
        </p>
      )}
      {phone && (
        <>
          <p>
            <Trans>
              On a phone, wallets are apps with a browser of their own. Open this page in it:
            </Trans>
          </p>
          <div className={styles.makers}>
            {chains.flatMap(makersOf).map((maker) => (
              <OpenIn key={maker.name} maker={maker} />
            ))}
          </div>
          {chains.includes('stacks') && (
            <p className="fine">
              <Trans>Leather cannot be opened from here: copy the address into its browser.</Trans>
            </p>
          )}
        </>
      )}
      <ol className={styles.how}>
        <li>
          <Trans>Install a wallet from its maker’s own page:</Trans>
          <ul className={styles.makerList}>
            {chains.map((chain) => (
              <li key={chain}>
                <Purpose chain={chain} />{' '}
                {makersOf(chain).map((maker, at) => (
                  <span key={maker.name}>
                    {at > 0 && ', '}
                    <a href={maker.home} target="_blank" rel="noreferrer">
                      {maker.name}
                    </a>
                  </span>
                ))}
              </li>
            ))}
          </ul>
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
        <Button kind={props.none ? 'primary' : 'plain'} onClick={props.onAgain}>
          <Trans>Look again</Trans>
        </Button>
      </Actions>
    </Stack>
  );
}

function Purpose({ chain }: { chain: Chain }) {
  if (chain === 'solana') return <Trans>for photo tasks, on Solana:</Trans>;
  if (chain === 'stacks') return <Trans>for projects, on Stacks:</Trans>;
  return <Trans>to sign in with Ethereum:</Trans>;
}

function OpenIn({ maker }: { maker: Maker }) {
  const { name } = maker;
  if (!maker.open) return null;
  return (
    <a className={styles.maker} href={maker.open(window.location.href)} rel="noreferrer">
      <Trans>Open in {name}</Trans>
    </a>
  );
}
