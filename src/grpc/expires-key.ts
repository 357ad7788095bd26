/** Initial metadata of good answers: when the token stops working on this node, in decimal milliseconds since the Unix epoch. */
export const EXPIRES_KEY = 'wallet-token-expires-at-ms';
