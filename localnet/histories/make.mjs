#!/usr/bin/env node
// Makes histories of the escrow contract, each a JSON file: what the real contract did in simnet on a
// tree of branches, and what its maps held after each block. See README.md.
//
//   node localnet/histories/make.mjs --contracts DIR --folder DIR [--blocks 90] SEED…

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { genesisOf } from '../stacks/faucet.mjs';
import { Machine } from '../stacks/machine.mjs';
import { History } from './history.mjs';
import { hashOf } from './people.mjs';

const { values, positionals } = parseArgs({
  options: {
    contracts: { type: 'string' }, folder: { type: 'string' }, blocks: { type: 'string', default: '90' },
  },
  allowPositionals: true,
});
const genesis = genesisOf({ faucetSeed: hashOf('faucet') });
const sources = {
  escrow: readFileSync(join(values.contracts, 'escrow-multi-token.clar'), 'utf8'),
  coin: readFileSync(join(values.contracts, 'test/tokens/plain-token.clar'), 'utf8'),
};
const machine = new Machine(genesis, (text) => process.stderr.write(`${text}\n`));
for (const seed of positionals) {
  const file = join(values.folder, `${seed}.json`);
  if (existsSync(file)) continue;
  const order = { seed, blocks: Number(values.blocks), faucet: genesis.faucet, sources };
  const history = await new History(machine, order).make();
  writeFileSync(`${file}.part`, JSON.stringify(history));
  renameSync(`${file}.part`, file);
}
await machine.close();
