import { createClient, type Client } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import type { WalletLike } from 'grpc-wallet-auth/client';
import { attachToken } from 'grpc-wallet-auth/connect';
import { DeviceService } from 'grpc-wallet-auth/proto';
import { createSession, indexedDbStorage, type Session } from 'grpc-wallet-auth/storage';

import { ChatService } from '../gen/chat_pb.js';

/** The session of a wallet, and what talks to the node in its name. */
export interface Connection {
  readonly session: Session;
  readonly chat: Client<typeof ChatService>;
  readonly devices: Client<typeof DeviceService>;
  /** Wipes the identity of a device that was revoked, without telling the node, which knows. */
  readonly forget: () => Promise<void>;
}

/** Opens the session of a wallet. It is logged in if this browser has an identity of that wallet; there is no prompt. */
export async function connect(wallet: WalletLike): Promise<Connection> {
  let isRevoked = false;
  const session = await createSession({
    wallet,
    storage: indexedDbStorage(),
    prompt: false,
    revoke: async (deviceId) => {
      if (!isRevoked) await devices.revokeDevice({ deviceId });
    },
  });
  const interceptors = [attachToken(session.source)]; // renews tokens, and never prompts
  const transport = createConnectTransport({ baseUrl: location.origin, interceptors });
  const devices = createClient(DeviceService, transport);
  return {
    session,
    chat: createClient(ChatService, transport),
    devices,
    async forget() {
      isRevoked = true;
      await session.logout().finally(() => (isRevoked = false));
    },
  };
}
