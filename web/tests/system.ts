/**
 * The real system of one Playwright worker: `earnest up` on free ports, with chains of its own. What
 * one worker posts, pays and mines is never in another one's way.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OPERATOR } from './people';

const EARNEST = fileURLToPath(new URL('../../.venv/bin/earnest', import.meta.url));
/** On a machine that does ten other things, too. */
export const READY_MS_MAX = 240_000;
/** Four blocks a second, and a Bitcoin block every ten seconds, as `make up` has them. */
const CHAIN = ['--slot-ms', '100', '--stacks-block-ms', '250', '--stacks-burn-every', '40'];

export interface System {
  /** Where the pages are. */
  url: string;
  /** Its state directory; null for one that runs already, and of which nobody said where it is. */
  state: string | null;
  stop: () => Promise<void>;
}

/** Starts one. A running one is used when EARNEST_WEB_URL names it. */
export async function startSystem(): Promise<System> {
  const running = process.env.EARNEST_WEB_URL;
  if (running) {
    return {
      url: running,
      state: process.env.EARNEST_WEB_STATE ?? null,
      stop: async () => undefined,
    };
  }
  const root = await mkdtemp(join(tmpdir(), 'earnest-web-'));
  const state = join(root, 'var');
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('EARNEST_')),
  );
  const up = spawn(
    EARNEST,
    ['up', '--network', 'local', '--port', '0', '--state-dir', state, ...CHAIN],
    {
      env: { ...env, EARNEST_OPERATOR_ADDRESSES: OPERATOR.solana },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  // A test run that is killed takes its system with it.
  const orphaned = () => up.kill('SIGTERM');
  process.once('exit', orphaned);
  const stop = async () => {
    process.removeListener('exit', orphaned);
    await ended(up);
    await rm(root, { recursive: true, force: true });
  };
  try {
    await ready(up);
    const { stdout } = await promisify(execFile)(EARNEST, [
      'status',
      '--json',
      '--state-dir',
      state,
    ]);
    const { urls } = JSON.parse(stdout) as { urls: Record<string, string> };
    if (!urls.api) throw new Error(`earnest status named no API: ${stdout}`);
    return { url: urls.api, state, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function ready(up: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const late = setTimeout(() => reject(new Error(`not ready in time:\n${said}`)), READY_MS_MAX);
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ready in')) {
        clearTimeout(late);
        resolve();
      }
    };
    up.stdout?.on('data', hear);
    up.stderr?.on('data', hear);
    up.once('error', reject);
    up.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`earnest up ended with ${code}:\n${said}`));
    });
  });
}

function ended(up: ChildProcess): Promise<void> {
  if (up.exitCode !== null || up.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const late = setTimeout(() => up.kill('SIGKILL'), 45_000);
    up.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    up.kill('SIGTERM');
  });
}
