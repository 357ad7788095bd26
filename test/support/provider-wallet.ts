import { EventEmitter } from 'node:events';

import { testWallets } from '../../src/testing/test-wallets.js';

export type Name = keyof typeof testWallets;

/** An EIP-1193 provider whose user is played by a test. */
export class TestProvider extends EventEmitter {
  /** The methods that were called, in their order. */
  readonly asked: string[] = [];
  /** The account that is selected; nothing while the wallet is not connected to the page. */
  account: Name | undefined;
  /** What the user does when asked to sign. Default: signs with the account that is named. */
  onSign: (text: string, account: string) => unknown = (text, account) =>
    Object.values(testWallets)
      .find(({ address }) => address.toLowerCase() === account)
      ?.signMessage(text);
  /** What the user does when asked to connect. Default: connects alice. */
  onConnect: () => unknown = () => this.select('alice');

  constructor(account?: Name) {
    super();
    this.account = account;
  }

  /** How often the user was asked to sign. */
  get prompts(): number {
    return this.asked.filter((method) => method === 'personal_sign').length;
  }

  /** The user selects another account; the page is told. */
  select(account: Name | undefined): void {
    this.account = account;
    this.emit('accountsChanged', this.#accounts());
  }

  async request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    this.asked.push(method);
    if (method === 'eth_requestAccounts' && this.account === undefined) await this.onConnect();
    if (method !== 'personal_sign') return this.#accounts();
    const [hex = '', account = ''] = params as string[];
    return this.onSign(Buffer.from(hex.slice(2), 'hex').toString(), account);
  }

  #accounts(): string[] {
    return this.account === undefined ? [] : [testWallets[this.account].address.toLowerCase()];
  }
}

/** What a wallet throws when its user says no. */
export const userSaysNo = () => Promise.reject(Object.assign(new Error('User rejected the request.'), { code: 4001 }));
