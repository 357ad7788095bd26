import { afterEach, describe, expect, it, vi } from 'vitest';

import { discoverWallets } from '../../../src/client/wallet/discover-wallets.js';
import { hostileValues } from '../../support/hostile-values.js';

const info = { uuid: 'u-1', name: 'Test', icon: 'data:image/png;base64,AAAA', rdns: 'test.wallet' };
const provider = { request: async () => undefined };

/** A window in which wallets announce what is given whenever they are asked. */
function page(...details: unknown[]): EventTarget {
  const window = new EventTarget();
  const announce = (detail: unknown) =>
    window.dispatchEvent(Object.assign(new Event('eip6963:announceProvider'), { detail }));
  window.addEventListener('eip6963:requestProvider', () => details.forEach(announce));
  vi.stubGlobal('window', window);
  return window;
}
afterEach(() => void vi.unstubAllGlobals());

describe('discoverWallets', () => {
  it('lists wallets in the order of their answers, each once', async () => {
    const second = { ...info, uuid: 'u-2', name: 'Other' };
    page({ info, provider }, { info: second, provider }, { info, provider: { request: async () => 'later' } });
    expect(await discoverWallets({ waitMs: 0 })).toEqual([
      { ...info, wallet: provider },
      { ...second, wallet: provider },
    ]);
  });

  it('hears a wallet that answers within the wait, and leaves no listener behind', async () => {
    vi.useFakeTimers();
    const window = page();
    const remove = vi.spyOn(window, 'removeEventListener');
    const listed = discoverWallets();
    await vi.advanceTimersByTimeAsync(99);
    window.dispatchEvent(Object.assign(new Event('eip6963:announceProvider'), { detail: { info, provider } }));
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();
    expect(await listed).toHaveLength(1);
    expect(remove).toHaveBeenCalledOnce();
  });

  it.each<readonly [string, unknown]>([
    ...hostileValues,
    ...hostileValues.map(([name, value]) => [`${name} as info`, { info: value, provider }] as const),
    ...hostileValues.map(([name, value]) => [`${name} as provider`, { info, provider: value }] as const),
    ['an icon that is a script', { info: { ...info, icon: 'javascript:alert(1)' }, provider }],
    ['an icon from the network', { info: { ...info, icon: 'https://example.com/pixel.png' }, provider }],
    ['a wallet without a name', { info: { ...info, name: '' }, provider }],
  ])('leaves out %s', async (_, detail) => {
    page(detail, { info, provider });
    expect(await discoverWallets({ waitMs: 0 })).toEqual([{ ...info, wallet: provider }]);
  });

  it('lists a hundred wallets at most', async () => {
    page(...Array.from({ length: 1_000 }, (_, n) => ({ info: { ...info, uuid: `${n}` }, provider })));
    expect(await discoverWallets({ waitMs: 0 })).toHaveLength(100);
  });

  it('is empty outside a page', async () => {
    expect(await discoverWallets()).toEqual([]);
  });

  it('ends with its signal, and refuses wrong options', async () => {
    page();
    await expect(discoverWallets({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expect(discoverWallets({ waitMs: -1 })).rejects.toThrow(TypeError);
    await expect(discoverWallets({ wait: 1 } as never)).rejects.toThrow(TypeError);
  });
});
