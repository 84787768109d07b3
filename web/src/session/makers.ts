import type { Chain } from '#/wallets';

/** A wallet that one can get. */
export interface Maker {
  name: string;
  /** Its maker's own page. */
  home: string;
  /** Opens a page of ours in the wallet's own browser on a phone; left out where none is known. */
  open?: (page: string) => string;
}

const encode = encodeURIComponent;
const browse = (root: string) => (page: string) =>
  `${root}/${encode(page)}?ref=${encode(new URL(page).origin)}`;

/**
 * Names and links of each maker's own documents: docs.phantom.com ("Browse"), docs.solflare.com
 * ("Browse"), docs.xverse.app ("Mobile integration"), docs.metamask.io ("Use deeplinks").
 */
const MAKERS: Record<Chain, readonly Maker[]> = {
  solana: [
    { name: 'Phantom', home: 'https://phantom.com', open: browse('https://phantom.app/ul/browse') },
    {
      name: 'Solflare',
      home: 'https://solflare.com',
      open: browse('https://solflare.com/ul/v1/browse'),
    },
  ],
  stacks: [
    { name: 'Leather', home: 'https://leather.io' },
    {
      name: 'Xverse',
      home: 'https://www.xverse.app',
      open: (page) => `https://connect.xverse.app/browser?url=${encode(page)}`,
    },
  ],
  evm: [
    {
      name: 'MetaMask',
      home: 'https://metamask.io',
      // Its path is the page without the scheme, and not encoded: it opens an empty tab otherwise.
      open: (page) => `https://link.metamask.io/dapp/${page.replace(/^https?:\/\//, '')}`,
    },
    { name: 'Rabby', home: 'https://rabby.io' },
  ],
};

export function makersOf(chain: Chain): readonly Maker[] {
  return MAKERS[chain];
}

/** Whether wallets are apps here, and not extensions of the browser. */
export function isPhone(): boolean {
  const hints = (navigator as { userAgentData?: { mobile?: boolean } }).userAgentData;
  return hints?.mobile ?? /Android|iPhone|iPad|iPod/.test(navigator.userAgent);
}
