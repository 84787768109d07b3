/** Twice the width at which it is shown. */
const WIDTH = 104;

let before: Promise<unknown> = Promise.resolve();

/**
 * A small picture of a photograph; null where this browser cannot draw it, or where it is not
 * `wanted` any more. One after another: opened, a photograph of a few megabytes takes hundreds.
 */
export function thumbnailOf(file: File, wanted: () => boolean): Promise<Blob | null> {
  const drawn = before.then(() => (wanted() ? draw(file) : null)).catch(() => null);
  before = drawn;
  return drawn;
}

async function draw(file: File): Promise<Blob> {
  const picture = await createImageBitmap(file, { resizeWidth: WIDTH, resizeQuality: 'medium' });
  const canvas = document.createElement('canvas');
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext('2d')?.drawImage(picture, 0, 0);
  picture.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('Nothing was drawn.'))),
      'image/webp',
      0.85,
    ),
  );
}
