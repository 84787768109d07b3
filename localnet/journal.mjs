// The memory of the local chain: one append-only file of JSON lines, synced to the disk before
// anybody hears of what a line says. Surfpool keeps nothing itself.
//
//   journal.jsonl   first line: the chain; then one line for each transaction or direct account
//                   write, in the order in which they happened
//   slot            no slot above this number has ever been answered: a restart begins beyond it

import { createServer } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync, existsSync, fdatasync, fsyncSync, ftruncateSync, fstatSync, mkdirSync, openSync, read,
  readFileSync, readSync, realpathSync, renameSync, unlinkSync, write, writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeBase58 } from './base58.mjs';
import { fromJson, toJson } from './json.mjs';

const syncData = promisify(fdatasync);
const readAt = promisify(read);
const writeAt = promisify(write);
const FORMAT = 1;
const CHUNK_BYTES = 1 << 20;
const READER_LEAVES_MS = 10_000;

export class JournalUnreadable extends Error {}
export class StateInUse extends Error {}

/**
 * @typedef {object} Place where a line stands
 * @property {number} file of its chain: a reset begins another
 * @property {number} at
 * @property {number} length
 */

export class Journal {
  /** @param {string} directory */
  constructor(directory) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.directory = realpathSync(directory);
    this.path = join(this.directory, 'journal.jsonl');
    this.slotPath = join(this.directory, 'slot');
    this.end = 0;
    this.file = -1;
    /** @type {any} the first line */
    this.chain = null;
  }

  /**
   * Holds the directory for this process alone, by a socket name that the kernel frees when the
   * process ends in whatever way. Only Linux has such names.
   */
  async lock() {
    if (process.platform !== 'linux') return;
    const name = createHash('sha256').update(this.directory).digest('hex');
    this.lockServer = createServer();
    await new Promise((resolve, reject) => {
      this.lockServer?.once('error', () =>
        reject(new StateInUse(`Another local chain runs on ${this.directory}.`)));
      this.lockServer?.listen(`\0earnest-localnet-${name}`, () => resolve(undefined));
    });
    this.lockServer.unref();
  }

  /**
   * Reads all lines. A line without its end was being written when the process was killed: nobody
   * has heard of it, and it is cut off.
   *
   * @param {(line: any, place: Place) => void} onLine
   */
  open(onLine) {
    this.file = openSync(this.path, existsSync(this.path) ? 'r+' : 'w+', 0o600);
    const size = fstatSync(this.file).size;
    let number = 0;
    let rest = Buffer.alloc(0);
    let restAt = 0;
    for (let at = 0; at < size; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at));
      at += readSync(this.file, chunk, 0, chunk.length, at);
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        number += 1;
        const line = this.#parse(rest.toString('utf8', 0, end), number);
        if (number === 1) this.chain = line;
        else onLine(line, { file: this.file, at: restAt, length: end });
        restAt += end + 1;
        rest = rest.subarray(end + 1);
      }
    }
    if (restAt < size) ftruncateSync(this.file, restAt);
    this.end = restAt;
    if (this.chain === null) this.begin();
  }

  /** @param {string} text @param {number} number */
  #parse(text, number) {
    let line;
    try {
      line = fromJson(text);
    } catch {
      throw new JournalUnreadable(
        `Line ${number} of ${this.path} can't be read. Remove ${this.directory} to begin a new chain.`,
      );
    }
    if (number === 1 && line.format !== FORMAT) {
      throw new JournalUnreadable(`${this.path} is of another format. Remove ${this.directory}.`);
    }
    return line;
  }

  /** Begins a new chain: another genesis hash, another faucet, no history. */
  begin() {
    const next = `${this.path}.new`;
    const file = openSync(next, 'w+', 0o600);
    this.chain = {
      type: 'chain',
      format: FORMAT,
      genesisHash: encodeBase58(randomBytes(32)),
      faucetSeed: randomBytes(32).toString('hex'),
      begunAt: new Date().toISOString(),
    };
    const line = Buffer.from(`${toJson(this.chain)}\n`);
    writeSync(file, line);
    fsyncSync(file);
    if (existsSync(this.slotPath)) unlinkSync(this.slotPath);
    renameSync(next, this.path);
    this.#syncDirectory();
    // Somebody may be reading a line of the chain that ends here.
    const former = this.file;
    if (former >= 0) setTimeout(() => closeSync(former), READER_LEAVES_MS).unref();
    this.file = file;
    this.end = line.length;
  }

  /**
   * Returns once the line is on the disk. Callers take turns: one line at a time.
   *
   * @param {unknown} line
   * @returns {Promise<Place>}
   */
  async append(line) {
    const bytes = Buffer.from(`${toJson(line)}\n`);
    const place = { file: this.file, at: this.end, length: bytes.length - 1 };
    const { bytesWritten } = await writeAt(this.file, bytes, 0, bytes.length, this.end);
    if (bytesWritten !== bytes.length) throw new Error(`${this.path}: the disk took only a part.`);
    await syncData(this.file);
    this.end += bytes.length;
    return place;
  }

  /** @param {Place} place */
  async read({ file, at, length }) {
    const { buffer } = await readAt(file, Buffer.alloc(length), 0, length, at);
    return fromJson(buffer.toString('utf8'));
  }

  /** @returns {number} */
  reservedSlot() {
    if (!existsSync(this.slotPath)) return 0;
    const slot = Number(readFileSync(this.slotPath, 'utf8'));
    if (!Number.isSafeInteger(slot)) throw new JournalUnreadable(`${this.slotPath} can't be read.`);
    return slot;
  }

  /** @param {number} slot */
  reserveSlot(slot) {
    const next = `${this.slotPath}.new`;
    const file = openSync(next, 'w', 0o600);
    writeSync(file, String(slot));
    fsyncSync(file);
    closeSync(file);
    renameSync(next, this.slotPath);
    this.#syncDirectory();
  }

  #syncDirectory() {
    const directory = openSync(this.directory, 'r');
    fsyncSync(directory);
    closeSync(directory);
  }

  close() {
    if (this.file >= 0) closeSync(this.file);
    this.file = -1;
    this.lockServer?.close();
  }
}
