/** SHA-256 of a file, away from the page, so that twenty large photographs do not stop it. */

interface Scope {
  onmessage: ((event: MessageEvent<{ id: number; file: Blob }>) => void) | null;
  postMessage: (answer: HashAnswer) => void;
}

export type HashAnswer = { id: number; sha256: string } | { id: number; fault: string };

const scope = self as unknown as Scope;

let before: Promise<void> = Promise.resolve();

// One after another, so that no more than one of them is in memory.
scope.onmessage = ({ data: { id, file } }) => {
  before = before.then(() => reckon(id, file));
};

async function reckon(id: number, file: Blob): Promise<void> {
  try {
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    const sha256 = Array.from(new Uint8Array(digest), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');
    scope.postMessage({ id, sha256 });
  } catch (error) {
    scope.postMessage({ id, fault: String(error) });
  }
}
