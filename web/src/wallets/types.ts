export type Chain = 'solana' | 'stacks' | 'evm';
export type Network = 'local' | 'devnet' | 'testnet' | 'mainnet';

/** A wallet that was found in this browser. What it says of itself is its own claim. */
export interface FoundWallet {
  /** Unique among those found. */
  id: string;
  /** One clean line; empty when it gave none. */
  name: string;
  /** A data: address that the wallet brought, or empty. Draw it through `walletIcon`. */
  icon: string;
  chain: Chain;
  /** What tells it from another one of the same name, where it says so. */
  mark?: string;
  /** Asks the wallet which account this site may see. Raises `WalletFault`. */
  connect(network: Network): Promise<ConnectedWallet>;
  /** The accounts that it lets this site see already, without asking; left out where it cannot. */
  recall?(network: Network): Promise<ConnectedWallet[]>;
}

/** An account of a wallet that lets this site see it. */
export interface ConnectedWallet {
  /** That of `FoundWallet`. */
  id: string;
  name: string;
  chain: Chain;
  address: string;
  /** False once the wallet shows another account. Some never say. */
  isThere(): boolean;
  /** Signs a text; the signature in the form that the API takes. Raises `WalletFault`. */
  signMessage(text: string): Promise<string>;
}

export interface SolanaWallet extends ConnectedWallet {
  chain: 'solana';
  /** Signs and sends a compiled, unsigned transaction; its signature in base58. */
  signAndSend(bytes: Uint8Array, network: Network): Promise<string>;
}

export interface StacksWallet extends ConnectedWallet {
  chain: 'stacks';
  /** Signs and sends a contract call as the API prepared it; the transaction's id, 0x… */
  callContract(call: PreparedCall, network: Network): Promise<string>;
}

/** A contract call as the API prepares it: arguments and post-conditions are hex. */
export interface PreparedCall {
  /** `ADDRESS.name` */
  contract: string;
  functionName: string;
  functionArgs: readonly string[];
  postConditions: readonly string[];
}
