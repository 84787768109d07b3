/**
 * People who use the public API and real keys, so that a browser test finds a market with something
 * in it. A member with a seed has the same account as the demo wallet with that seed.
 */

import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  createKeyPairSignerFromPrivateKeyBytes,
  getBase64EncodedWireTransaction,
  getTransactionDecoder,
  type KeyPairSigner,
  partiallySignTransaction,
  signBytes,
} from '@solana/kit';
import type { components } from '../src/api/schema';
import { encodeBase58 } from '../src/wallets/base58';
import { buildPayment } from '../src/wallets/pay';
import { posted } from './posted';

type Schemas = components['schemas'];
export type Task = Schemas['TaskAnswer'];
export type Order = Schemas['OrderAnswer'];

const PHOTOS = fileURLToPath(new URL('../../src/earnest/run/demo/photos/', import.meta.url));
const WAIT_MS_MAX = 120_000;

/** A seed of its own for each test: hex, as the demo wallet keeps it. */
export function newSeed(): string {
  return randomBytes(32).toString('hex');
}

function signerOf(seed: string): Promise<KeyPairSigner> {
  const secret = createHash('sha256').update(`earnest demo wallet/${seed}/solana/0`).digest();
  return createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(secret));
}

export class Member {
  private constructor(
    readonly url: string,
    readonly seed: string,
    private readonly signer: KeyPairSigner,
    private readonly rpcUrl: string,
    private token: string,
  ) {}

  get address(): string {
    return this.signer.address;
  }

  /** Signs in over HTTP, with the key of the demo wallet's first account on Solana. */
  static async join(url: string, seed = newSeed()): Promise<Member> {
    const signer = await signerOf(seed);
    const site = (await (await fetch(`${url}/api/site`)).json()) as Schemas['SiteAnswer'];
    const member = new Member(url, seed, signer, site.local?.solanaRpcUrl ?? '', '');
    const { token } = await member.ask<Schemas['SignedInAnswer']>(
      'POST',
      '/api/auth/verify',
      await Member.proof(url, seed),
    );
    member.token = token;
    return member;
  }

  /** What shows that this wallet is one's own: to sign in with, or to add it to an account. */
  static async proof(
    url: string,
    seed: string,
  ): Promise<{ address: string; challenge: string; signature: string }> {
    const { address, keyPair } = await signerOf(seed);
    const answer = await fetch(`${url}/api/auth/challenge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ address }),
    });
    if (!answer.ok) throw new Error(`challenge: ${answer.status} ${await answer.text()}`);
    const { challenge } = (await answer.json()) as Schemas['ChallengeAnswer'];
    const signed = await signBytes(keyPair.privateKey, new TextEncoder().encode(challenge));
    return { address, challenge, signature: encodeBase58(new Uint8Array(signed)) };
  }

  /** One request of the API; raises for anything but a good answer. */
  async ask<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : null) as Answer;
  }

  private async rpc<Result>(method: string, params: unknown[]): Promise<Result> {
    const answer = await fetch(this.rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await answer.json()) as {
      result: Result;
      error?: { message: string };
    };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Play money, there when this returns. */
  async fund(lamports = 5_000_000_000): Promise<void> {
    await this.rpc('requestAirdrop', [this.address, lamports]);
    await until('the faucet’s gift', async () => {
      const params = [this.address, { commitment: 'confirmed' }];
      const { value } = await this.rpc<{ value: number }>('getBalance', params);
      return value > 0 ? true : null;
    });
  }

  /** Pictures that are ready to be options of a task; gives their ids. */
  async uploadPhotos(count = 2): Promise<string[]> {
    const names = ['path', 'autumn', 'sunset', 'stream'].slice(0, count);
    return Promise.all(names.map((name) => this.uploadPhoto(`${PHOTOS}cover-${name}.webp`)));
  }

  private async uploadPhoto(path: string): Promise<string> {
    const content = await readFile(path);
    const { fileId, upload } = await this.ask<Schemas['UploadAnswer']>(
      'POST',
      '/api/files/uploads',
      {
        sha256: createHash('sha256').update(content).digest('hex'),
        sizeBytes: content.length,
        contentType: 'image/webp',
        purpose: 'task_option',
      },
    );
    if (upload) {
      const { method, url, headers } = upload;
      const put = await fetch(url, { method, headers, body: new Uint8Array(content) });
      if (!put.ok) throw new Error(`upload: ${put.status}`);
      await this.ask('POST', `/api/files/${fileId}/complete`);
    }
    await until('the picture’s check', async () => {
      const { status } = await this.ask<{ status: string }>('GET', `/api/files/${fileId}`);
      if (status === 'rejected') throw new Error('the picture was rejected');
      return status === 'ready' ? true : null;
    });
    return fileId;
  }

  /** A task that waits for its payment. */
  async postTask(
    given: {
      title?: string;
      instructions?: string;
      votes?: number;
      priceMinor?: string;
      photos?: number;
      /** Files that are there, instead of photographs of its own. */
      files?: string[];
      asset?: 'SOL' | 'USDC';
    } = {},
  ): Promise<{ task: Task; order: Order }> {
    const files = given.files ?? (await this.uploadPhotos(given.photos ?? 2));
    const made = await this.ask<{ task: Task; order: Order }>('POST', '/api/tasks', {
      title: given.title ?? 'Which photograph belongs on the cover?',
      instructions:
        given.instructions ?? 'A pocket walking guide. Choose the one that makes you pick it up.',
      options: files.map((fileId) => ({ fileId })),
      votesWanted: given.votes ?? 3,
      pricePerVoteMinor: given.priceMinor ?? '400000',
      asset: given.asset ?? 'SOL',
    });
    posted.push({ url: this.url, id: made.task.id, authorization: `Bearer ${this.token}` });
    return made;
  }

  /** Sends what the payment link asks for; the chain's id of it. */
  async pay(payUrl: string): Promise<string> {
    const recent = await this.ask<Schemas['BlockhashAnswer']>('GET', '/api/site/blockhash');
    const bytes = await buildPayment(this.address, payUrl, recent);
    const signed = await partiallySignTransaction(
      [this.signer.keyPair],
      getTransactionDecoder().decode(bytes),
    );
    type Complete = Parameters<typeof getBase64EncodedWireTransaction>[0];
    return this.rpc('sendTransaction', [
      getBase64EncodedWireTransaction(signed as Complete),
      { encoding: 'base64', preflightCommitment: 'confirmed' },
    ]);
  }

  /** A task that is paid and open. */
  async openTask(given: Parameters<Member['postTask']>[0] = {}): Promise<Task> {
    const { task, order } = await this.postTask(given);
    await this.pay(order.payUrl);
    return until('the open task', async () => {
      const found = await this.ask<Task>('GET', `/api/tasks/${task.id}`);
      return found.status === 'open' ? found : null;
    });
  }

  /** Votes once for the first option of the next task; null when there is none. */
  async vote(): Promise<Schemas['SubmissionAnswer'] | null> {
    const next = await this.ask<Schemas['NextAnswer'] | null>('GET', '/api/tasks/next');
    const option = next?.task.options[0];
    if (!next || !option) return null;
    return this.ask('POST', `/api/tasks/${next.task.id}/submissions`, { optionId: option.id });
  }
}

/** Polls until there is something; raises in time. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | null>,
  milliseconds = WAIT_MS_MAX,
): Promise<Found> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not there after ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
