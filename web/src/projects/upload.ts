import { api, ask, makeWish } from '#/api';

const LOOK_MS = 500;
const LOOKS_MAX = 120;

/** One picked again after a lost answer is the same document. */
const wish = makeWish();

/** A document was refused by the check, for the reason that is said. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';
}

/** Puts a document into the store and waits until it was checked; its id. */
export async function uploadDocument(file: File): Promise<string> {
  const content = await file.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const body = {
    sha256,
    sizeBytes: file.size,
    contentType: file.type || 'application/octet-stream',
    purpose: 'document',
    name: file.name,
  } as const;
  const { fileId, upload } = await ask(
    api.POST('/api/files/uploads', {
      params: { header: { 'Idempotency-Key': wish.keyOf(body) } },
      body,
    }),
  );
  wish.done();
  const path = { params: { path: { file_id: fileId } } };
  if (upload) {
    const { method, url, headers } = upload;
    const put = await fetch(url, { method, headers, body: content, credentials: 'omit' });
    if (!put.ok) throw new DocumentRefused(`${file.name}: ${put.status}`);
    await ask(api.POST('/api/files/{file_id}/complete', path));
  }
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const found = await ask(api.GET('/api/files/{file_id}', path));
    if (found.status === 'ready') return fileId;
    if (found.status === 'rejected') throw new DocumentRefused(found.detail ?? file.name);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new DocumentRefused(file.name);
}
