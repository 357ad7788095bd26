import { describe, expect, it } from 'vitest';

import { StreamLease } from '../src/identity.js';
import { failOnEscapedErrors } from './support/escaped-errors.js';

failOnEscapedErrors();

describe('StreamLease.announce', () => {
  it('drops what an async listener rejects with: it does not end the process', async () => {
    const lease = new StreamLease();
    lease.onLapsing(async () => {
      throw new Error('too late to write');
    });
    lease.announce();
    await new Promise(setImmediate);
  });

  it('calls a listener that listens anew when it is called once', () => {
    const lease = new StreamLease();
    let calls = 0;
    const listen = () => {
      const stop = lease.onLapsing(() => {
        if (++calls > 10) return;
        stop();
        listen();
      });
    };
    listen();
    lease.announce();
    expect(calls).toBe(1);
    lease.announce();
    expect(calls).toBe(2);
  });
});
