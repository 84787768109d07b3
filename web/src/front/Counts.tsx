/** Filled once the API counts for everybody. */
export function Counts() {
  return null;
}
