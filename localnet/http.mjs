// What both chains' servers keep to: only pages of this machine, and bounded bodies.

import { toJson } from './json.mjs';

export const BODY_BYTES_MAX = 256 * 1024;

export class BodyTooLarge extends Error {}

/** Browsers tell the page's host and origin: only pages of this machine may use the chain. */
const LOOPBACK = /^(?:https?:\/\/)?(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
/** Wallets in a browser may use the chain's API, but not its switches. */
const EXTENSION = /^(?:chrome|moz|safari-web)-extension:\/\/[\w-]+$/;

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {boolean} fromWallets whether wallets in a browser may ask for this
 */
export function isFromThisMachine({ headers: { host, origin } }, fromWallets) {
  // A foreign name that resolves to 127.0.0.1 shows in Host, a foreign page in Origin.
  if (!LOOPBACK.test(host ?? '')) return false;
  return origin === undefined || LOOPBACK.test(origin) || (fromWallets && EXTENSION.test(origin));
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
export function allowOrigin({ headers }, response) {
  response.setHeader('vary', 'origin');
  if (headers.origin === undefined) return;
  response.setHeader('access-control-allow-origin', headers.origin);
  response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
  response.setHeader('access-control-allow-headers',
    headers['access-control-request-headers'] ?? 'content-type');
  response.setHeader('access-control-max-age', '600');
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<Buffer>} */
export async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {unknown} value
 */
export function reply(response, status, value) {
  const body = toJson(value);
  response.writeHead(status, {
    'content-type': 'application/json', 'content-length': Buffer.byteLength(body),
  }).end(body);
}
