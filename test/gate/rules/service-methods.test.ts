import { describe, expect, it } from 'vitest';

import { DemoService } from '../../../gen/walletauth/demo/v1/demo_pb.js';
import { methodsOf } from '../../../src/gate/rules/service-methods.js';
import { definition } from '../../support/demo-server.js';

describe('methodsOf', () => {
  it('names every method of both forms of a service alike, and has the descriptors of one of them', () => {
    const paths = ['WhoAmI', 'CollectNotes', 'CountUp', 'Chat'].map(
      (name) => `/walletauth.demo.v1.DemoService/${name}`,
    );
    expect([...methodsOf([DemoService])]).toEqual(paths.map((path, i) => [path, DemoService.methods[i]]));
    expect([...methodsOf([definition])]).toEqual(paths.map((path) => [path, undefined]));
    expect([...methodsOf([])]).toEqual([]);
  });
});
