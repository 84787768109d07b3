/** The person said no; the code is the one that wallets agree on. */
export class Refused extends Error {
  readonly code = 4001;

  constructor() {
    super('User rejected the request.');
  }
}
