import type { components } from '#/api';

/** The file did not get through to the store. */
export class BrokeOff extends Error {
  override readonly name = 'BrokeOff';

  constructor(readonly sentBytes: number) {
    super(`broke off after ${sentBytes} bytes`);
  }
}

/**
 * Sends a file to the address that the server signed. By XMLHttpRequest, since `fetch` does not
 * say how much has been sent. Raises `BrokeOff`.
 */
export function putFile(
  target: components['schemas']['UploadTarget'],
  file: Blob,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let sent = 0;
    const fail = () => reject(new BrokeOff(sent));
    request.open(target.method, target.url);
    for (const [name, value] of Object.entries(target.headers)) {
      // The browser sets these by itself, and lets nobody else do it.
      if (!/^(?:content-length|host)$/i.test(name)) request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded }) => {
      sent = Math.min(loaded, file.size);
      onSent(sent);
    };
    request.onload = () => (request.status >= 200 && request.status < 300 ? resolve() : fail());
    request.onerror = fail;
    request.onabort = fail;
    request.ontimeout = fail;
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
