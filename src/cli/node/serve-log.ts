import { styleText } from 'node:util';

import type { DecisionEvent } from '../../gate/decision.js';
import { asciiJson } from '../ascii.js';
import { curlLine } from '../curl-line.js';
import type { DemoNode } from './start-demo-node.js';

/** What `wallet-auth serve` says about itself: a line for each event, without tokens. */
export interface ServeLog {
  /**
   * @param loopback whether only this machine can reach it.
   * @param metrics where its metrics are, if they are anywhere.
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
  listening: ({ address, curve }, loopback, metrics) => tell('listening', { address, curve, loopback, metrics }),
  decision: ({ method, rule, source, decision, reason, limit, cached }) =>
    tell('decision', { method, rule, source, decision, reason, limit, cached }),
  stopping: (signal) => tell('stopping', { signal }),
};

const textLog: ServeLog = {
  listening({ address, curve }, loopback, metrics) {
    console.log(`listening on ${address}, curve ${curve}`);
    if (metrics !== undefined) console.log(`metrics on ${metrics}`);
    if (!loopback)
      console.log(styleText('yellow', 'tokens travel to it in clear: whoever sees one can use it for an hour'));
    console.log(styleText('dim', `call it: ${curlLine(address)}`));
  },
  decision({ method, rule, decision, reason }) {
    const mark = styleText(decision === 'admitted' ? 'green' : 'red', decision.padEnd(8));
    console.log(`${new Date().toISOString()}  ${mark}  ${method}  ${reason ?? rule}`);
  },
  stopping: (signal) => console.log(`stopping (${signal})`),
};

function tell(event: string, facts: object): void {
  console.log(asciiJson({ event, time: new Date(), ...facts }));
}
