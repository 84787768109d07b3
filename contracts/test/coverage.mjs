// SPDX-License-Identifier: Apache-2.0
// Adds up what all test files ran, prints it, and fails when a function or a line never ran.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './support/session.mjs';

const FOLDER = path.join(ROOT, 'coverage');
const source = readFileSync(path.join(ROOT, 'escrow-multi-token.clar'), 'utf8').split('\n');
const hits = { functions: new Map(), lines: new Map(), branches: new Map() };

const add = (map, key, count) => map.set(key, (map.get(key) ?? 0) + count);

for (const file of readdirSync(FOLDER)) {
  let isEscrow = false;
  for (const line of readFileSync(path.join(FOLDER, file), 'utf8').split('\n')) {
    const [kind, rest = ''] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)];
    const fields = rest.split(',');
    if (kind === 'SF') isEscrow = rest.endsWith('escrow-multi-token.clar');
    if (!isEscrow) continue;
    if (kind === 'FNDA') add(hits.functions, fields[1], Number(fields[0]));
    if (kind === 'DA') add(hits.lines, Number(fields[0]), Number(fields[1]));
    if (kind === 'BRDA') add(hits.branches, fields.slice(0, 3).join(','), Number(fields[3]) || 0);
  }
}

const missed = {};
for (const [what, map] of Object.entries(hits)) {
  missed[what] = [...map].filter(([, count]) => count === 0).map(([key]) => key);
  const ran = map.size - missed[what].length;
  console.log(`${what.padEnd(9)} ${ran} of ${map.size} (${((100 * ran) / map.size).toFixed(1)} %)`);
}
for (const name of missed.functions) console.log(`never called: ${name}`);
for (const line of missed.lines) console.log(`never ran: ${line}: ${source[line - 1].trim()}`);
for (const key of missed.branches) {
  const line = Number(key.split(',')[0]);
  console.log(`branch never taken: ${line}: ${source[line - 1].trim()}`);
}
process.exitCode = missed.functions.length + missed.lines.length > 0 || hits.lines.size === 0 ? 1 : 0;
