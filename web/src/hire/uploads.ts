/**
 * Photographs on their way to the store. They live beside the pages, so that going to another page
 * does not stop them; a reload does, and then what had arrived is found again by its id.
 */
import { ApiProblem, api, ask, type components, newIdempotencyKey } from '#/api';
import { thumbnailOf } from './draw';
import { sha256Of } from './hash';
import { BrokeOff, putFile } from './put';

export const PHOTOS_MIN = 2;
export const PHOTOS_MAX = 10;
export const PHOTO_TYPES = ['image/jpeg', 'image/png', 'image/webp'];
const SENDING_MAX = 3;
const CHECK_MS_MAX = 120_000;

export type Rejection = components['schemas']['Rejection'];

/** What is the picture's own, and the same after another upload. */
const LASTING: ReadonlySet<Rejection> = new Set([
  'not_a_picture',
  'damaged',
  'too_many_pixels',
  'animated',
  'foreign_data',
  'too_costly',
  'type_differs',
]);

type Refusal = 'type' | 'heic' | 'size' | 'empty' | 'twice' | 'unreadable';

export type PhotoState =
  | { at: 'reading' }
  /** Read, and waiting for its turn. */
  | { at: 'queued' }
  | { at: 'sending'; sentBytes: number }
  /** Arrived; the server opens it and removes what else is in it. */
  | { at: 'checking' }
  /** `already`: the same bytes were here, nothing was sent. */
  | { at: 'ready'; already: boolean }
  | { at: 'broken'; sentBytes: number }
  | { at: 'rejected'; reason: Rejection }
  | { at: 'refused'; why: Refusal }
  | { at: 'failed'; error: unknown }
  /** Had not arrived when the page was loaded again. */
  | { at: 'lost' };

export interface Photo {
  key: string;
  name: string;
  sizeBytes: number;
  /** An address of a picture of it, or null where there is none. */
  preview: string | null;
  fileId: string | null;
  state: PhotoState;
}

/** Never to be part of the task, whatever one does: it takes none of its places. */
export function isOut({ state }: Pick<Photo, 'state'>): boolean {
  return state.at === 'refused' || (state.at === 'rejected' && LASTING.has(state.reason));
}

/** What is kept of a photograph over a reload. */
export interface KeptPhoto {
  name: string;
  sizeBytes: number;
  fileId: string | null;
  /** Then the server can say how it stands. */
  arrived: boolean;
}

interface Job {
  file: File;
  sha256: string | null;
  /** Of this upload; a new one where the old one can no longer be used. */
  idempotencyKey: string;
  arrived: boolean;
  abort: AbortController;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class Uploads {
  #photos: readonly Photo[] = [];
  #jobs = new Map<string, Job>();
  #listeners = new Set<() => void>();
  /** Chosen when every place was taken; the first of them goes in where one turns out to be none. */
  #spare: readonly File[] = [];
  #sending = 0;
  #turns: (() => void)[] = [];

  constructor(private readonly bytesMax: number) {}

  get photos(): readonly Photo[] {
    return this.#photos;
  }

  /** Those that there was no room for. */
  get spare(): readonly File[] {
    return this.#spare;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Takes as many as there is room for, in their order. What can be none of them takes no place. */
  add(files: readonly File[]): void {
    this.#spare = [];
    this.#take(files);
  }

  #take(files: readonly File[]): void {
    const photos = [...this.#photos];
    const begun: string[] = [];
    const spare: File[] = [];
    let room = PHOTOS_MAX - photos.filter((each) => !isOut(each)).length;
    for (const file of files) {
      const why = this.#refusal(file);
      // Who chooses a lost one again means the same photograph, in the same place.
      const lost = photos.findIndex(
        (each) =>
          each.state.at === 'lost' && each.name === file.name && each.sizeBytes === file.size,
      );
      if (!why && lost < 0 && room <= 0) {
        spare.push(file);
        continue;
      }
      const photo = this.#made(file, why);
      if (lost >= 0) photos.splice(lost, 1, photo);
      else {
        photos.push(photo);
        if (!why) room -= 1;
      }
      if (!why) begun.push(photo.key);
    }
    this.#spare = spare;
    this.#put(photos);
    for (const key of begun) {
      void this.#run(key);
      void this.#draw(key);
    }
  }

  #made(file: File, why: Refusal | null): Photo {
    const key = crypto.randomUUID();
    if (!why) {
      this.#jobs.set(key, {
        file,
        sha256: null,
        idempotencyKey: newIdempotencyKey(),
        arrived: false,
        abort: new AbortController(),
      });
    }
    return {
      key,
      name: file.name,
      sizeBytes: file.size,
      preview: null,
      fileId: null,
      state: why ? { at: 'refused', why } : { at: 'reading' },
    };
  }

  /** What a file can be refused for before it is read. */
  #refusal(file: File): Refusal | null {
    // What phones of one maker take; few browsers can show it, and some give it no type.
    if (/^image\/hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(file.name)) return 'heic';
    if (!PHOTO_TYPES.includes(file.type)) return 'type';
    if (file.size === 0) return 'empty';
    if (file.size > this.bytesMax) return 'size';
    return null;
  }

  /** Finds again what had arrived before a reload. */
  restore(kept: readonly KeptPhoto[]): void {
    const made = kept.map(
      ({ name, sizeBytes, fileId, arrived }): Photo => ({
        key: crypto.randomUUID(),
        name,
        sizeBytes,
        preview: null,
        fileId,
        state: fileId && arrived ? { at: 'checking' } : { at: 'lost' },
      }),
    );
    this.#put([...this.#photos, ...made]);
    for (const { key, fileId, state } of made) {
      if (fileId && state.at === 'checking') {
        void this.#follow(key, fileId, false).catch(() => this.#state(key, { at: 'lost' }));
      }
    }
  }

  remove(key: string): void {
    this.#jobs.get(key)?.abort.abort();
    this.#jobs.delete(key);
    const gone = this.#photos.find((each) => each.key === key);
    if (gone?.preview?.startsWith('blob:')) URL.revokeObjectURL(gone.preview);
    this.#put(this.#photos.filter((each) => each.key !== key));
  }

  /** Sends one again that broke off, or was not taken. */
  again(key: string): void {
    const job = this.#jobs.get(key);
    if (!job) return;
    job.abort = new AbortController();
    void this.#run(key);
  }

  clear(): void {
    this.#spare = [];
    for (const { key } of this.#photos) this.remove(key);
  }

  #put(photos: readonly Photo[]): void {
    this.#photos = photos;
    for (const listener of this.#listeners) listener();
  }

  #change(key: string, change: Partial<Photo>): void {
    this.#put(this.#photos.map((each) => (each.key === key ? { ...each, ...change } : each)));
  }

  #state(key: string, state: PhotoState): void {
    this.#change(key, { state });
  }

  /** It can be none of the photographs: the next that was left out has its place. */
  #leaveOut(key: string, state: PhotoState): void {
    this.#state(key, state);
    const spare = this.#spare;
    if (spare.length > 0) this.#take(spare);
  }

  /** Shows a picture that this browser can draw, before anything was sent. */
  async #draw(key: string): Promise<void> {
    const file = this.#jobs.get(key)?.file;
    if (!file) return;
    const drawn = await thumbnailOf(file, () => this.#jobs.has(key));
    if (drawn && this.#jobs.has(key)) this.#change(key, { preview: URL.createObjectURL(drawn) });
  }

  async #run(key: string): Promise<void> {
    const job = this.#jobs.get(key);
    if (!job) return;
    try {
      const why = await this.#read(key, job);
      if (!this.#jobs.has(key)) return;
      if (why) this.#leaveOut(key, { at: 'refused', why });
      else await this.#send(key, job);
    } catch (error) {
      if (!this.#jobs.has(key)) return;
      if (error instanceof BrokeOff) {
        this.#state(key, { at: 'broken', sentBytes: error.sentBytes });
      } else this.#state(key, { at: 'failed', error });
    }
  }

  async #read(key: string, job: Job): Promise<'twice' | 'unreadable' | null> {
    this.#state(key, { at: 'reading' });
    try {
      job.sha256 ??= await sha256Of(job.file);
    } catch {
      return 'unreadable';
    }
    const same = [...this.#jobs].some(
      ([other, { sha256 }]) => other !== key && sha256 === job.sha256,
    );
    if (same) job.sha256 = null;
    return same ? 'twice' : null;
  }

  async #send(key: string, job: Job): Promise<void> {
    this.#state(key, { at: 'queued' });
    await this.#turn();
    try {
      if (!this.#jobs.has(key)) return;
      const { fileId, upload } = await this.#begin(job);
      if (this.#photos.some((each) => each.key !== key && each.fileId === fileId)) {
        this.#leaveOut(key, { at: 'refused', why: 'twice' });
        return;
      }
      this.#change(key, { fileId });
      if (upload && !job.arrived) {
        this.#state(key, { at: 'sending', sentBytes: 0 });
        const onSent = (sentBytes: number) => this.#state(key, { at: 'sending', sentBytes });
        await putFile(upload, job.file, onSent, job.abort.signal);
        job.arrived = true;
      }
      this.#state(key, { at: 'checking' });
      if (upload) {
        await ask(
          api.POST('/api/files/{file_id}/complete', { params: { path: { file_id: fileId } } }),
        );
      }
      await this.#follow(key, fileId, upload === null, job);
    } finally {
      this.#sending -= 1;
      this.#turns.shift()?.();
    }
  }

  /** At most three at a time: more would only make each of them slower. */
  async #turn(): Promise<void> {
    if (this.#sending >= SENDING_MAX) {
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    }
    this.#sending += 1;
  }

  async #begin(job: Job): Promise<components['schemas']['UploadAnswer']> {
    const asked = () =>
      ask(
        api.POST('/api/files/uploads', {
          params: { header: { 'Idempotency-Key': job.idempotencyKey } },
          body: {
            sha256: job.sha256 ?? '',
            sizeBytes: job.file.size,
            contentType: job.file.type,
            purpose: 'task_option',
          },
        }),
      );
    try {
      return await asked();
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'upload_expired') throw error;
      job.idempotencyKey = newIdempotencyKey();
      job.arrived = false;
      return asked();
    }
  }

  /** Asks until the server has opened the picture. */
  async #follow(key: string, fileId: string, already: boolean, job?: Job): Promise<void> {
    const deadline = Date.now() + CHECK_MS_MAX;
    for (let pause = 250; ; pause = Math.min(pause * 1.5, 3_000)) {
      const file = await ask(
        api.GET('/api/files/{file_id}', { params: { path: { file_id: fileId } } }),
      );
      if (!this.#photos.some((each) => each.key === key)) return;
      if (file.status === 'ready') {
        const preview = this.#photos.find((each) => each.key === key)?.preview;
        this.#change(key, {
          preview: preview ?? file.media?.small ?? null,
          state: { at: 'ready', already },
        });
        return;
      }
      if (file.status === 'rejected') {
        if (job) {
          job.idempotencyKey = newIdempotencyKey();
          job.arrived = false;
        }
        const state = { at: 'rejected', reason: file.reason ?? 'damaged' } as const;
        if (isOut({ state })) this.#leaveOut(key, state);
        else this.#state(key, state);
        return;
      }
      if (file.status === 'uploading') throw new BrokeOff(0);
      if (Date.now() > deadline) throw new Error('The picture was not checked in time.');
      await wait(pause);
    }
  }
}

let held: { accountId: string; uploads: Uploads } | null = null;

/** The photographs of this account in this tab; `isNew` when there were none yet. */
export function uploadsOf(
  accountId: string,
  bytesMax: number,
): { uploads: Uploads; isNew: boolean } {
  if (held?.accountId === accountId) return { uploads: held.uploads, isNew: false };
  held?.uploads.clear();
  held = { accountId, uploads: new Uploads(bytesMax) };
  return { uploads: held.uploads, isNew: true };
}
