/** What a wallet says in a Revoke statement. */
export interface RevokeStatement {
  /** The name of the network, as `networkNameOf` checked it. */
  readonly networkName: string;
  /** The wallet's address in EIP-55 case. */
  readonly wallet: string;
  /** The one device that is revoked, or until when all of the wallet are, in milliseconds since the Unix epoch. */
  readonly scope: { readonly deviceId: string } | { readonly untilMs: number };
}

/** How all of these texts begin, and no identity statement may. */
export const REVOKE_TITLE = 'grpc-wallet-auth : Revoke';

/** 1 to 64 printable ASCII characters, without a space at either end. */
const NETWORK_NAME = /^[!-~](?:[ -~]{0,62}[!-~])?$/;

/** The text that a wallet signs to revoke devices, PROTOCOL.md section 10. */
export function revokeText({ networkName, wallet, scope }: RevokeStatement): string {
  const what =
    'deviceId' in scope
      ? `device ${scope.deviceId.slice(-32)}`
      : `all devices until ${new Date(scope.untilMs).toISOString()}`;
  return `${REVOKE_TITLE}\nnetwork ${networkName}\nwallet ${wallet}\n${what}`;
}

/** @throws TypeError unless the value can be the name of a network. */
export function networkNameOf(value: unknown): string {
  if (typeof value === 'string' && NETWORK_NAME.test(value)) return value;
  throw new TypeError('networkName must be 1 to 64 printable ASCII characters, without a space at either end');
}
