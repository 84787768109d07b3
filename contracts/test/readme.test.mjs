// SPDX-License-Identifier: Apache-2.0
// README.md names everything that the contract offers, by its right number.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ERRORS, ROOT } from './support/session.mjs';

const source = readFileSync(path.join(ROOT, 'escrow-multi-token.clar'), 'utf8');
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const found = (pattern) => [...source.matchAll(pattern)].map(([, name]) => name);

test('every error stands in the README with its number', () => {
  for (const [code, name] of ERRORS) assert.ok(readme.includes(`| u${code} | \`${name}\` |`), name);
});

test('every public function, but the twins for tokens, and every reading one stands in the README', () => {
  const functions = found(/\(define-(?:public|read-only) \(([a-z0-9-]+)/g).filter((name) => !name.endsWith('-sbtc'));
  assert.ok(functions.length > 40);
  for (const name of functions) assert.ok(readme.includes(`\`${name}\``), name);
});

test('every call in STX has its twin for tokens', () => {
  const names = new Set(found(/\(define-public \(([a-z0-9-]+)/g));
  for (const name of names) if (name.endsWith('-stx')) assert.ok(names.has(name.replace(/-stx$/, '-sbtc')), name);
});

test('every event stands in the README', () => {
  const events = found(/(?:event:|\(close|\(give-back-locked) "([a-z-]+)"/g);
  assert.ok(events.length > 20);
  for (const name of events) assert.ok(readme.includes(`\`${name}\``), name);
});

test('no call can panic', () => {
  assert.ok(!source.includes('unwrap-panic') && !source.includes('unwrap-err-panic'));
});
