// Writes src/api/schema.ts from ../openapi.json, or says whether it is fresh. The file is not in git:
// every build and every check writes it, so that it cannot lag behind the API.

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../../openapi.json', import.meta.url);
const target = fileURLToPath(new URL('../src/api/schema.ts', import.meta.url));

const types = astToString(await openapiTS(source, { alphabetize: true }));
const text = `// Generated from openapi.json by \`npm run api:write\`. Not edited by hand.\n\n${types}`;

const found = await readFile(target, 'utf8').catch(() => '');
if (process.argv.includes('--write')) {
  // An unchanged file keeps its time, so that nothing is built anew because of it.
  if (found !== text) await writeFile(target, text);
} else if (found !== text) {
  console.error('web/src/api/schema.ts is not what openapi.json says: cd web && npm run api:write');
  process.exit(1);
}
