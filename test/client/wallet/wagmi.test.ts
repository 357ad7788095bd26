import { connect, createConfig, getConnectorClient, getWalletClient, http, injected } from '@wagmi/core';
import type { EIP1193Provider } from 'viem';
import { mainnet } from 'viem/chains';
import { expect, it, onTestFinished, vi } from 'vitest';

import { createIdentity } from '../../../src/client/create-identity.js';
import { createToken } from '../../../src/client/create-token.js';
import { testWallets } from '../../../src/testing/test-wallets.js';
import { createVerifier } from '../../../src/verify/create-verifier.js';

const { alice, bob } = testWallets;

/** A wallet that shows two accounts, the first of which is alice, and signs for the one that is named. */
const provider = {
  async request({ method, params }: { method: string; params?: unknown }) {
    if (method === 'eth_chainId') return '0x1';
    if (method !== 'personal_sign') return [alice.address, bob.address];
    const [hex, account] = params as [string, string];
    const signer = [alice, bob].find(({ address }) => address.toLowerCase() === account.toLowerCase());
    return signer?.signMessage(Buffer.from(hex.slice(2), 'hex').toString());
  },
  on: () => undefined,
  removeListener: () => undefined,
};

/** What a site with wagmi has once its user has connected a wallet. */
async function connected() {
  vi.stubGlobal('window', new EventTarget());
  onTestFinished(() => void vi.unstubAllGlobals());
  const target = { id: 'test', name: 'Test', provider: provider as unknown as EIP1193Provider } as never;
  const config = createConfig({
    chains: [mainnet],
    transports: { [mainnet.id]: http() },
    storage: null,
    multiInjectedProviderDiscovery: false,
    connectors: [injected({ target })],
  });
  await connect(config, { connector: config.connectors[0]! });
  return config;
}

it.each([
  ['the connector client', getConnectorClient],
  ['the wallet client', getWalletClient],
])('%s of wagmi certifies for the account that it has, not for the first of the wallet', async (_, clientOf) => {
  const config = await connected();
  for (const { address } of [alice, bob]) {
    const identity = await createIdentity(await clientOf(config, { account: address }));
    expect(identity.wallet).toBe(address);
    expect(createVerifier().verify(`Bearer ${createToken(identity)}`).wallet).toBe(address);
  }
});
