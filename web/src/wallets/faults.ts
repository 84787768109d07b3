export type WalletFaultKind = 'refused' | 'wrong-network' | 'no-account' | 'unable' | 'failed';

/** A wallet did not do what it was asked. Nothing was sent. */
export class WalletFault extends Error {
  override readonly name = 'WalletFault';

  constructor(
    readonly kind: WalletFaultKind,
    message = '',
  ) {
    super(message || kind);
  }
}

const REFUSALS = /reject|denied|declin|cancel|refus|user closed/i;

/** What a wallet threw, sorted. Wallets agree on 4001 and, beyond it, on nothing. */
export function readWalletError(error: unknown): WalletFault {
  if (error instanceof WalletFault) return error;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  if (code === 4001 || code === -31001 || code === -32000 || REFUSALS.test(text)) {
    return new WalletFault('refused', text);
  }
  if (code === -32601) return new WalletFault('unable', text);
  return new WalletFault('failed', text);
}
