/**
 * The demo wallet: play money, keys in this browser, on local chains alone. It is what a wallet
 * extension would be: it announces itself to the page by the same standards and knows nothing else
 * of it.
 */
import { announceEvm } from './evm';
import { openPurse } from './purse';
import { announceSolana } from './solana';
import { announceStacks } from './stacks';

announceSolana();
announceStacks();
announceEvm();

// What the button in the browser's bar is to an extension.
window.addEventListener('earnest-demo-wallet:open', () => void openPurse());
