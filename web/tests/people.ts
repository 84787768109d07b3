/** Wallets that tests know beforehand: the demo wallet makes its keys from a seed. */
export const OPERATOR = {
  seed: `${'0'.repeat(63)}1`,
  solana: 'YHBs6t4uvNqSHtGbXULduM4dmp7swfJRabE4zSThnZK',
};
