import type { HashAnswer } from './hash.worker';

interface Waiting {
  resolve: (sha256: string) => void;
  reject: (error: Error) => void;
}

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, Waiting>();

function started(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ('sha256' in data) asked?.resolve(data.sha256);
    else asked?.reject(new Error(data.fault));
  };
  worker.onerror = () => {
    for (const asked of waiting.values()) asked.reject(new Error('The worker ended.'));
    waiting.clear();
    worker = null;
  };
  return worker;
}

/** SHA-256 in hex, reckoned in a thread of its own. Raises when the file cannot be read. */
export function sha256Of(file: Blob): Promise<string> {
  last += 1;
  const id = last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    started().postMessage({ id, file });
  });
}
