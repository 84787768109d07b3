/** The real system for all browser tests of a run: `earnest up` on free ports, with a chain of its own. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OPERATOR } from './people';

const EARNEST = fileURLToPath(new URL('../../.venv/bin/earnest', import.meta.url));
const READY_MS_MAX = 120_000;

/** Starts it, and gives what stops it. A running one is used when EARNEST_WEB_URL names it. */
export default async function start(): Promise<() => Promise<void>> {
  if (process.env.EARNEST_WEB_URL) return async () => undefined;
  const root = await mkdtemp(join(tmpdir(), 'earnest-web-'));
  const state = join(root, 'var');
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('EARNEST_')),
  );
  const up = spawn(
    EARNEST,
    ['up', '--network', 'local', '--port', '0', '--state-dir', state, '--slot-ms', '100'],
    {
      env: { ...env, EARNEST_OPERATOR_ADDRESSES: OPERATOR.solana },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const stop = async () => {
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
    process.env.EARNEST_WEB_URL = urls.api;
    process.env.EARNEST_WEB_STATE = state;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
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
    up.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`earnest up ended with ${code}:\n${said}`));
    });
  });
}

function ended(up: ChildProcess): Promise<void> {
  if (up.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const late = setTimeout(() => up.kill('SIGKILL'), 45_000);
    up.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    up.kill('SIGTERM');
  });
}
