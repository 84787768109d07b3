/**
 * The demo wallet: play money, keys in this browser, on local chains alone. It is what a wallet
 * extension would be: it announces itself to the page by the same standards and knows nothing else
 * of it.
 */
import { announceSolana } from './solana';
import { announceStacks } from './stacks';

announceSolana();
announceStacks();
