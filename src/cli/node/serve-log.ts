import { styleText } from 'node:util';

import type { DecisionEvent } from '../../gate/decision.js';
import { asciiJson } from '../ascii.js';
import { curlLine } from '../curl-line.js';
import type { DemoNode } from './start-demo-node.js';

/** The log of `wallet-auth serve`: a line for each event, without tokens. */
export interface ServeLog {
  /**
   * @param loopback whether only this machine can connect to it.
   * @param metrics the URL of its metrics, if it has any.
   */
  readonly listening: (node: DemoNode, loopback: boolean, metrics: string | undefined) => void;
  readonly decision: (event: DecisionEvent) => void;
  readonly stopping: (signal: string) => void;
}

/** A log for people, or for programs: JSON, one object a line. */
export function serveLog(json: boolean): ServeLog {
  return json ? jsonLog : textLog;
}

const jsonLog: ServeLog = {
  listening: ({ address, curve }, loopback, metrics) => writeEvent('listening', { address, curve, loopback, metrics }),
  decision: ({ method, rule, source, decision, reason, limit, cached }) =>
    writeEvent('decision', { method, rule, source, decision, reason, limit, cached }),
  stopping: (signal) => writeEvent('stopping', { signal }),
};

const textLog: ServeLog = {
  listening({ address, curve }, loopback, metrics) {
    console.log(`listening on ${address}, curve ${curve}`);
    if (metrics !== undefined) console.log(`metrics on ${metrics}`);
    if (!loopback)
      console.log(styleText('yellow', 'tokens reach it unencrypted: anyone who reads one can use it for an hour'));
    console.log(styleText('dim', `call it: npx ${curlLine(address)}`));
  },
  decision({ method, rule, decision, reason }) {
    const mark = styleText(decision === 'admitted' ? 'green' : 'red', decision.padEnd(8));
    console.log(`${new Date().toISOString()}  ${mark}  ${method}  ${reason ?? rule}`);
  },
  stopping: (signal) => console.log(`stopping (${signal})`),
};

function writeEvent(event: string, facts: object): void {
  console.log(asciiJson({ event, time: new Date(), ...facts }));
}
