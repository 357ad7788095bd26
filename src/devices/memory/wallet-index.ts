/** The devices of wallets, by address. Most wallets have one: it needs no set. */
export class WalletIndex {
  readonly #devices = new Map<string, string | Set<string>>();

  /** A copy, so that devices may go meanwhile. */
  of(wallet: string): readonly string[] {
    const devices = this.#devices.get(wallet);
    return devices instanceof Set ? [...devices] : devices === undefined ? [] : [devices];
  }

  count(wallet: string): number {
    const devices = this.#devices.get(wallet);
    return devices instanceof Set ? devices.size : devices === undefined ? 0 : 1;
  }

  add(wallet: string, deviceId: string): void {
    const devices = this.#devices.get(wallet);
    if (devices instanceof Set) devices.add(deviceId);
    else this.#devices.set(wallet, devices === undefined ? deviceId : new Set([devices, deviceId]));
  }

  /** Takes out a device that is in. */
  delete(wallet: string, deviceId: string): void {
    const devices = this.#devices.get(wallet);
    if (devices instanceof Set) devices.delete(deviceId);
    if (!(devices instanceof Set) || devices.size === 0) this.#devices.delete(wallet);
  }

  clear(): void {
    this.#devices.clear();
  }
}
