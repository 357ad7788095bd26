import { describe, expect, it } from 'vitest';

import { DeviceEmitter } from '../../../src/devices/node/emitter.js';

describe('DeviceEmitter', () => {
  it('calls a listener that listens anew when it is called once for each event', () => {
    const emitter = new DeviceEmitter();
    let calls = 0;
    const listen = () => {
      const off = emitter.on('revoked', () => {
        if (++calls > 10) return;
        off();
        listen();
      });
    };
    listen();
    emitter.emit('revoked', { deviceId: 'a' });
    expect(calls).toBe(1);
  });
});
