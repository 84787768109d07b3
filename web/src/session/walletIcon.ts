import { useEffect, useState } from 'react';

/**
 * A wallet's icon as a blob: address. Wallets bring data: addresses, which the policy of these
 * pages does not allow: a blob of ours is made of the same bytes.
 */
export function useWalletIcon(source: string): string | null {
  const [icon, setIcon] = useState<string | null>(null);
  useEffect(() => {
    const blob = readDataUrl(source);
    if (!blob) {
      setIcon(null);
      return;
    }
    const url = URL.createObjectURL(blob);
    setIcon(url);
    return () => URL.revokeObjectURL(url);
  }, [source]);
  return icon;
}

const FORM = /^data:(image\/(?:svg\+xml|png|webp|gif|jpeg))(?:;charset=[\w-]+)?(;base64)?,(.*)$/s;

/** Null for anything but a picture of a known kind. */
export function readDataUrl(source: string): Blob | null {
  const found = FORM.exec(source);
  if (!found) return null;
  const [, type, base64, body = ''] = found;
  try {
    const text = base64 ? atob(decodeURIComponent(body)) : decodeURIComponent(body);
    const bytes = base64
      ? Uint8Array.from(text, (letter) => letter.charCodeAt(0))
      : new TextEncoder().encode(text);
    if (type === 'image/svg+xml' && !isSvg(bytes)) return null;
    return new Blob([bytes], { type: type ?? '' });
  } catch {
    return null;
  }
}

const SVG_BEGINS =
  /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!DOCTYPE[^>]*>\s*)?<svg[\s>]/i;

/**
 * Whether it begins as a drawing does. Only looked at: the browser's own parser would write what is
 * wrong into a page with a style of its own, which the policy of these pages refuses.
 */
function isSvg(bytes: Uint8Array): boolean {
  return SVG_BEGINS.test(new TextDecoder().decode(bytes));
}
