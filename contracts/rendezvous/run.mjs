// SPDX-License-Identifier: Apache-2.0
// Runs Rendezvous over a copy of the contract, once for the properties and once for the invariants.
// RV_SEED=… repeats a run, RV_RUNS=… makes it longer.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const NAME = 'escrow-multi-token';
const RUNS = { test: process.env.RV_RUNS ?? '100', invariant: process.env.RV_RUNS ?? '300' };
const seed = process.env.RV_SEED ?? String(Math.floor(Math.random() * 2 ** 31));

const folder = mkdtempSync(path.join(tmpdir(), 'earnest-rendezvous-'));
try {
  mkdirSync(path.join(folder, 'contracts'));
  for (const name of ['Clarinet.toml', 'settings']) cpSync(path.join(HERE, name), path.join(folder, name), { recursive: true });
  for (const [from, to] of [
    [`../${NAME}.clar`, `${NAME}.clar`],
    [`${NAME}.tests.clar`, `${NAME}.tests.clar`],
    ['../test/tokens/plain-token.clar', 'coin-token.clar'],
  ]) cpSync(path.join(HERE, from), path.join(folder, 'contracts', to));
  for (const kind of ['test', 'invariant']) run(kind);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(kind) {
  const app = path.join(HERE, 'node_modules/@stacks/rendezvous/dist/app.js');
  const args = [app, folder, NAME, kind, `--seed=${seed}`, `--runs=${RUNS[kind]}`, '--bail'];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  // Colours are of no use in a log.
  const lines = `${stdout}${stderr}`.replaceAll(/\u001b\[[0-9;]*m/g, '').split('\n');
  const held = lines.some((line) => line.includes('OK, ') && line.includes('passed'));
  if (status !== 0 || !held) {
    console.error(lines.slice(-120).join('\n'));
    console.error(`Rendezvous ${kind}: failed. RV_SEED=${seed} repeats it.`);
    process.exitCode = 1;
    return;
  }
  const done = lines.filter((line) => line.includes('(ok ') && line.includes(`${NAME} `)).length;
  console.log(`Rendezvous ${kind}: ${RUNS[kind]} runs hold, ${done} calls succeeded, seed ${seed}`);
}
