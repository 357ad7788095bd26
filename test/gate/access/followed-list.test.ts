import { afterEach, describe, expect, it, vi } from 'vitest';

import { FollowedList, type ListVersion } from '../../../src/gate/access/followed-list.js';
import { testWallets } from '../../../src/testing/test-wallets.js';

const alice = testWallets.alice.address;
const bob = testWallets.bob.address;
const wallets = Array.from({ length: 2_000 }, (_, i) => `0x${i.toString(16).padStart(40, '0')}`);

const version = (entries: Iterable<string>, leavesOutWrong = false): ListVersion => ({
  entries,
  nameOf: (index) => `list:${index}`,
  leavesOutWrong,
});

/** A list with what its hooks were called with. */
function followed(...entries: string[]) {
  const reported: (number | string)[] = [];
  const hooks = {
    onChange: (size: number) => reported.push(size),
    onError: (error: Error) => reported.push(error.message),
  };
  return { list: new FollowedList(hooks, version(entries)), reported };
}

afterEach(() => vi.restoreAllMocks());

describe('a followed list', () => {
  it('holds its first version at once, and then each version that was taken', async () => {
    const { list, reported } = followed(alice, '10.0.0.0/8', '');
    expect([list.size, list.hasAddresses, list.has({ wallet: alice })]).toEqual([2, true, true]);
    await list.take(version([bob]));
    expect([list.size, list.hasAddresses, list.has({ wallet: alice })]).toEqual([1, false, false]);
    expect(list.has({ wallet: bob })).toBe(true);
    await list.take(version(['', '']));
    expect(list.size).toBe(0);
    expect(reported).toEqual([1, 0]);
  });

  it('reports no change where there is none', async () => {
    const { list, reported } = followed(alice, bob);
    await list.take(version([bob, '', alice, alice]));
    expect(reported).toEqual([]);
    await list.take(version([bob]));
    expect(reported).toEqual([1]);
  });

  it('takes a version as a whole or not at all', async () => {
    const { list, reported } = followed(alice);
    await expect(list.take(version([bob, '', '0x12', ...wallets]))).rejects.toThrow(
      new TypeError('list:2: "0x12" is no wallet address, device id, IP address or CIDR range'),
    );
    expect([alice, bob].map((wallet) => list.has({ wallet }))).toEqual([true, false]);
    expect(reported).toEqual([]);
  });

  it('leaves out what is wrong, and reports it once, if the version allows that', async () => {
    const { list, reported } = followed(alice);
    const complaint = 'list:1: "0x12" is no wallet address, device id, IP address or CIDR range';
    await list.take(version([alice, '0x12', bob], true));
    expect(reported).toEqual([complaint, 2]);
    await list.take(version([alice, '0x12', bob], true));
    await list.take(version(['0x12', alice], true));
    expect(reported).toEqual([complaint, 2, 1]);
    await list.take(version([alice], true));
    await list.take(version([alice, '0x12'], true));
    expect(reported).toEqual([complaint, 2, 1, complaint]);
  });

  it('is read in slices of at most 5 ms, and shows nothing of a version before it is complete', async () => {
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    function* slowly(): Generator<string> {
      for (const wallet of wallets) {
        nowMs += 0.02; // what one entry takes
        yield wallet;
      }
    }
    const { list, reported } = followed(alice);
    const slices: number[] = [];
    const taken = list.take(version(slowly()));
    let beforeMs = 0;
    while (reported.length === 0) {
      slices.push(nowMs - beforeMs);
      beforeMs = nowMs;
      expect([list.size, list.has({ wallet: alice })]).toEqual([1, true]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await taken;
    expect(reported).toEqual([2_000]);
    expect(list.has({ wallet: wallets[1] })).toBe(true);
    expect(slices.filter((ms) => ms > 0).length).toBeGreaterThanOrEqual(8);
    expect(Math.max(...slices)).toBeLessThanOrEqual(5);
  });

  it('reads only what differs', async () => {
    const parse = vi.spyOn(String.prototype, 'toLowerCase');
    const { list } = followed(...wallets);
    parse.mockClear();
    await list.take(version([bob, ...wallets.slice(1)]));
    expect(parse.mock.calls.length).toBeLessThan(10);
    expect([wallets[0], wallets[1], bob].map((wallet) => list.has({ wallet }))).toEqual([false, true, true]);
  });

  it('takes nothing more once it is closed, a version under way included', async () => {
    vi.spyOn(performance, 'now').mockImplementation(
      (
        (ms) => () =>
          (ms += 5)
      )(0),
    );
    const stop = vi.fn<() => void>();
    const { list, reported } = followed(alice);
    const taken = list.attach(stop).take(version(wallets));
    list.close();
    await taken;
    await list.take(version([bob]));
    list.keep(new Error('late'));
    expect([list.size, list.has({ wallet: alice })]).toEqual([1, true]);
    expect(reported).toEqual([]);
    expect(stop).toHaveBeenCalledOnce();
  });

  it('lives on when its hooks throw or reject', async () => {
    const fail = vi.fn<() => unknown>(async () => Promise.reject(new Error('mine')));
    const list = new FollowedList({ onChange: fail, onError: fail });
    await list.take(version([alice, 'x'], true));
    expect(list.has({ wallet: alice })).toBe(true);
  });

  it('finds the texts that stand for the same entry', async () => {
    const { list } = followed(alice.toLowerCase(), alice, bob, '10.0.0.1/8', '10.0.0.0/8');
    expect(await list.textsOf([alice])).toEqual([alice.toLowerCase(), alice]);
    expect(await list.textsOf([{ bits: 0x0a000000, length: 8 }])).toEqual(['10.0.0.1/8', '10.0.0.0/8']);
    expect(await list.textsOf([])).toEqual([]);
  });

  it('finds them beside a wrong text that was left out', async () => {
    const { list } = followed(alice);
    await list.take(version(['0x12', bob], true));
    expect(await list.textsOf([bob])).toEqual([bob]);
  });
});
