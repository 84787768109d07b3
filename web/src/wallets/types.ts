export type Chain = 'solana' | 'stacks' | 'evm';
export type Network = 'local' | 'devnet' | 'testnet' | 'mainnet';

/** A wallet that was found in this browser. */
export interface FoundWallet {
  /** Unique among those found. */
  id: string;
  name: string;
  /** A data: address that the wallet brought. Draw it through `walletIcon`. */
  icon: string;
  chain: Chain;
  /** Asks the wallet which account this site may see. Raises `WalletFault`. */
  connect(network: Network): Promise<ConnectedWallet>;
}

/** An account of a wallet that lets this site see it. */
export interface ConnectedWallet {
  name: string;
  chain: Chain;
  address: string;
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
