// Starting Surfpool: inside this process from the npm package (linux-x64 only), else the
// `surfpool` command when it is installed.

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { Upstream } from './upstream.mjs';

const PACKAGE = 'surfpool-sdk-linux-x64-gnu';
const DRAIN_EVERY_MS = 20;
const START_TIMEOUT_MS = 30_000;

export class NoSolanaRuntime extends Error {
  constructor() {
    super(`No Solana runtime: run "npm ci" in localnet/ on x86-64 Linux, or install the "surfpool" `
      + 'command (https://docs.surfpool.run/install) so that it is on the PATH.');
  }
}

/**
 * @typedef {object} Node
 * @property {string} rpcUrl
 * @property {string} wsUrl
 * @property {() => void} stop
 * @property {Promise<string>} ended resolves with a reason when the node ends by itself
 */

/**
 * @param {number} slotMs
 * @param {(text: string) => void} log
 * @returns {Promise<Node>}
 */
export async function startSurfpool(slotMs, log) {
  const sdk = loadPackage();
  if (sdk) return startInProcess(sdk, slotMs);
  const command = findOnPath('surfpool');
  if (command === null) throw new NoSolanaRuntime();
  log(`${PACKAGE} is not installed: using ${command}`);
  return startCommand(command, slotMs);
}

function loadPackage() {
  try {
    return createRequire(import.meta.url)(PACKAGE);
  } catch {
    // Not installed, or not for this platform: the command is the other way.
    return null;
  }
}

/** @param {any} sdk @param {number} slotMs @returns {Node} */
function startInProcess(sdk, slotMs) {
  const surfnet = sdk.Surfnet.startWithConfig({
    offline: true, blockProductionMode: 'clock', slotTimeMs: slotMs,
  });
  // Surfpool hangs once its queue of events is full.
  const drain = setInterval(() => surfnet.drainEvents(), DRAIN_EVERY_MS);
  return {
    rpcUrl: surfnet.rpcUrl,
    wsUrl: surfnet.wsUrl,
    stop: () => clearInterval(drain),
    ended: new Promise(() => undefined),
  };
}

/** @param {string} name */
function findOnPath(name) {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here: the next one.
    }
  }
  return null;
}

/** @param {string} command @param {number} slotMs @returns {Promise<Node>} */
async function startCommand(command, slotMs) {
  const [rpcPort, wsPort] = [await freePort(), await freePort()];
  const child = spawn(command, [
    'start', '--offline', '--no-tui', '--no-studio', '--no-deploy', '--host', '127.0.0.1',
    '--port', String(rpcPort), '--ws-port', String(wsPort), '--slot-time', String(slotMs),
    '--block-production-mode', 'clock',
  ], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`${command} ended (${signal ?? code})`));
  });
  const node = {
    rpcUrl: `http://127.0.0.1:${rpcPort}`,
    wsUrl: `ws://127.0.0.1:${wsPort}`,
    stop: () => child.kill('SIGTERM'),
    ended,
  };
  try {
    await Promise.race([answers(node.rpcUrl), ended.then((reason) => { throw new Error(reason); })]);
  } catch (error) {
    node.stop();
    throw error;
  }
  return node;
}

/** @param {string} rpcUrl */
async function answers(rpcUrl) {
  const upstream = new Upstream(rpcUrl);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await upstream.call('getSlot');
      upstream.close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
