/**
 * What this tab has sent for an order and nobody has seen yet: so that a reload between the two
 * does not ask for the money again.
 */
export interface Sent {
  chainTx: string;
  atMs: number;
}

/** A chain_tx is good for 150 blocks, about a minute and a half. Then it can no longer arrive. */
export const SENT_MS_MAX = 120_000;

const keyOf = (orderId: string) => `earnest.sent.${orderId}`;

export function readSent(orderId: string): Sent | null {
  try {
    const sent = JSON.parse(sessionStorage.getItem(keyOf(orderId)) ?? 'null') as Sent | null;
    return sent && Date.now() - sent.atMs < SENT_MS_MAX ? sent : null;
  } catch {
    return null;
  }
}

export function keepSent(orderId: string, sent: Sent): void {
  try {
    sessionStorage.setItem(keyOf(orderId), JSON.stringify(sent));
  } catch {
    // The page itself still knows it.
  }
}

export function dropSent(orderId: string): void {
  try {
    sessionStorage.removeItem(keyOf(orderId));
  } catch {
    // Nothing was kept.
  }
}
