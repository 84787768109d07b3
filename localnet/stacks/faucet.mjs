// The faucet's account holds everything that a new chain begins with, and gives by ordinary signed
// transactions, so that an indexer sees them.

import {
  Cl, getAddressFromPrivateKey, makeContractCall, makeContractDeploy, makeSTXTokenTransfer, validateStacksAddress,
} from '@stacks/transactions';
import { NotPossible } from './chain.mjs';

export const SBTC = 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token';
const SBTC_ASSET = `${SBTC}.sbtc-token`;
/** As simnet lists its balances, and as the API names the asset. */
const SBTC_LISTED = '.sbtc-token.sbtc-token';
const SBTC_ID = `${SBTC}::sbtc-token`;
/** 5 thousand million STX in µSTX, below 2^53, and 21 million sBTC. */
const STX_ALL = 5_000_000_000_000_000;
const SBTC_ALL = 2_100_000_000_000_000;
const AT_ONCE_MAX = 1_000_000_000_000;
const FEES_TO = 'ST000000000000000000002AMW42H';

const keyOf = (line) => `${line.faucetSeed}01`;

/** @param {{faucetSeed: string}} line the journal's first one */
export function genesisOf(line) {
  return {
    faucet: getAddressFromPrivateKey(keyOf(line), 'testnet'), feesTo: FEES_TO,
    stx: STX_ALL, sbtc: SBTC_ALL, sbtcAsset: SBTC_ASSET,
  };
}

export const assetId = (listed) => (listed === SBTC_LISTED ? SBTC_ID : listed);

export class StacksFaucet {
  #turn = Promise.resolve();

  /** @param {import('./chain.mjs').StacksChain} chain */
  constructor(chain) {
    this.chain = chain;
    this.key = keyOf(chain.journal.chain);
    this.address = chain.genesis.faucet;
  }

  /** @param {{address?: unknown, microStx?: unknown, sats?: unknown}} order */
  async give({ address, microStx = 0, sats = 0 }) {
    if (typeof address !== 'string' || !validateStacksAddress(address.split('.')[0])) {
      throw new NotPossible('"address" is not a Stacks address.');
    }
    for (const [name, amount] of Object.entries({ microStx, sats })) {
      if (!Number.isSafeInteger(amount) || amount < 0 || amount > AT_ONCE_MAX) {
        throw new NotPossible(`"${name}" is a whole number from 0 to ${AT_ONCE_MAX}.`);
      }
    }
    if (microStx === 0 && sats === 0) throw new NotPossible('"microStx" or "sats" says how much.');
    const txids = [];
    if (microStx > 0) {
      txids.push(await this.#send((shared) =>
        makeSTXTokenTransfer({ ...shared, recipient: address, amount: microStx })));
    }
    if (sats > 0) {
      const [contractAddress, contractName] = SBTC.split('.');
      const functionArgs = [
        Cl.uint(sats), Cl.principal(this.address), Cl.principal(address), Cl.none(),
      ];
      txids.push(await this.#send((shared) => makeContractCall({
        ...shared, contractAddress, contractName, functionName: 'transfer', functionArgs,
        postConditionMode: 'allow',
      })));
    }
    return { address, microStx, sats, txids };
  }

  /** @param {string} contractName @param {string} codeBody @param {string} [key] of another deployer, funded here */
  async deploy(contractName, codeBody, key) {
    const deployer = key === undefined ? this.address : getAddressFromPrivateKey(key, 'testnet');
    if (deployer !== this.address) {
      await this.give({ address: deployer, microStx: 1_000_000_000 });
      await this.chain.mine();
    }
    const txid = await this.#send(
      (shared) => makeContractDeploy({
        ...shared, contractName, codeBody, clarityVersion: 4, postConditionMode: 'allow',
      }),
      key ?? this.key, deployer, codeBody.length * 2 + 1000,
    );
    await this.chain.mine();
    const { status, vmError } = this.chain.branch.txs.get(txid).ran;
    if (status !== 'success') throw new Error(`${contractName} can't be deployed: ${vmError ?? status}`);
    return `${deployer}.${contractName}`;
  }

  /**
   * What an owner does after a deployment: names sBTC as a token that projects may be paid in.
   *
   * @param {string} contract @param {string} [key] of its owner
   */
  async listSbtc(contract, key = this.key) {
    const [contractAddress, contractName] = contract.split('.');
    const functionArgs = [Cl.principal(SBTC), Cl.stringAscii('sbtc-token'), Cl.bool(true)];
    const txid = await this.#send((shared) => makeContractCall({
      ...shared, contractAddress, contractName, functionName: 'set-token', functionArgs, postConditionMode: 'deny',
    }), key, getAddressFromPrivateKey(key, 'testnet'));
    await this.chain.mine();
    const { status, result } = this.chain.branch.txs.get(txid).ran;
    if (status !== 'success') throw new Error(`${contract} can't be told of sBTC: ${result ?? status}`);
  }

  /** One at a time: each takes the next nonce. */
  #send(make, senderKey = this.key, sender = this.address, fee = 1000) {
    const mine = this.#turn.then(async () => {
      const waiting = this.chain.waitingOf(sender).at(-1)?.nonce ?? -1;
      const nonce = Math.max(this.chain.branch.nextNonce(sender), waiting + 1);
      const signed = await make({ senderKey, network: 'testnet', nonce, fee });
      return this.chain.submit(signed.serialize());
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}
