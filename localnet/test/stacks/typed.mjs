// Answers against the published types of the API: each becomes a constant of its declared type, and
// the compiler says which of them are not.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const HEAD = `import type { operations, paths } from '${MODULES}/@stacks/blockchain-api-client/lib/generated/schema';
type Answer<R> = R extends { 200: { content: { 'application/json': infer A } } } ? A : never;
type Of<P extends keyof paths> = paths[P]['get'] extends { responses: infer R } ? Answer<R> : never;
type Operation<O extends keyof operations> = Answer<operations[O]['responses']>;
`;

/**
 * @param {string} folder for the compiler's files
 * @param {[string, unknown][]} values a type, and what should be of it
 * @returns {Promise<Map<number, string>>} what is wrong, by the value's index
 */
export async function wrongTypes(folder, values) {
  const file = join(folder, 'answers.ts');
  const lines = values.map(([type, value], at) => `export const v${at}: ${type} = ${JSON.stringify(value)};`);
  await writeFile(file, `${HEAD}${lines.join('\n')}\n`);
  const compiler = spawn(process.execPath, [
    join(MODULES, 'typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', '--pretty', 'false',
    '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--types', '', file,
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  compiler.stdout.on('data', (chunk) => { said += chunk; });
  compiler.stderr.on('data', (chunk) => { said += chunk; });
  await once(compiler, 'close');
  const first = HEAD.split('\n').length;
  const found = new Map();
  for (const line of said.split('\n')) {
    const place = /answers\.ts\((\d+),\d+\): error (.*)/.exec(line);
    if (!place) {
      if (line.startsWith('error')) throw new Error(line);
      continue;
    }
    const at = Number(place[1]) - first;
    if (at < 0) throw new Error(line);
    if (!found.has(at)) found.set(at, place[2]);
  }
  return found;
}

/** Places of fields in an answer, rows of a list as its first; what has names of its own is one place. */
export function placesIn(value, isOpen = () => false, path = []) {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.length > 0 ? placesIn(value[0], isOpen, [...path, 0]) : [];
  return Object.entries(value).flatMap(([key, item]) => {
    const place = [...path, key];
    return [place, ...(isOpen(place) ? [] : placesIn(item, isOpen, place))];
  });
}

/** The same answer with one field spoiled: missing, or of a type that no field of the API has there. */
export function spoiled(value, place, isMissing) {
  const copy = structuredClone(value);
  const parent = place.slice(0, -1).reduce((at, key) => at[key], copy);
  const key = place.at(-1);
  if (isMissing) delete parent[key];
  else parent[key] = typeof parent[key] === 'object' && parent[key] !== null ? 'wrong' : { wrong: true };
  return copy;
}
