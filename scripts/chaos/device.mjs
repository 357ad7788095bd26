import { credentials } from '@grpc/grpc-js';
import { createTokenSource } from 'grpc-wallet-auth/client';
import { nativeCurve } from 'grpc-wallet-auth/curves';
import { authReasonOf, createClient } from 'grpc-wallet-auth/grpc';
import { DemoService } from 'grpc-wallet-auth/proto';

const curve = nativeCurve();
/** What hangs ends. */
const DEADLINE_MS = 5_000;

/** A device with a client for each node that it calls. */
export class Device {
  /** The node where it has its streams, and where its renewals are counted. */
  home;
  /** Tokens with which it was admitted at its home. */
  renewals = 0;
  streams = [];
  #source;
  #clients = new Map();

  constructor(identity) {
    this.id = identity.deviceId;
    this.wallet = identity.wallet;
    // one token for all nodes, where a source makes one for each: so it is known which call renews
    const { get, invalidate } = createTokenSource(identity, { curve });
    this.#source = { get, invalidate };
  }

  /** Makes a call. @returns `admitted`, or why it was not. */
  call(node, deadlineMs = DEADLINE_MS) {
    return new Promise((resolve) =>
      this.#clientOf(node).whoAmI({}, { deadline: Date.now() + deadlineMs }, (error) =>
        resolve(error === null ? 'admitted' : reasonOf(error)),
      ),
    );
  }

  /** Calls with a new token. */
  renew(node) {
    this.#source.invalidate();
    return this.call(node);
  }

  /** Opens a stream at its home. Resolves when that has answered. */
  async open() {
    const call = this.#clientOf(this.home).chat();
    let end;
    const ended = new Promise((resolve) => {
      const endBy = (reason) => {
        end ??= { reason, atMs: performance.timeOrigin + performance.now() };
        resolve(end);
      };
      call.on('error', (error) => endBy(reasonOf(error)));
      call.on('end', () => endBy('it was ended'));
    });
    const answered = new Promise((resolve) => call.once('data', resolve));
    call.resume();
    call.write({ text: 'hello' });
    await Promise.race([answered, ended]);
    this.streams.push({
      node: this.home,
      ended,
      get end() {
        return end;
      },
    });
  }

  close() {
    for (const client of this.#clients.values()) client.close();
  }

  #clientOf(node) {
    let client = this.#clients.get(node);
    if (client === undefined) {
      client = createClient(DemoService, `127.0.0.1:${node.port}`, credentials.createInsecure(), this.#source);
      this.#clients.set(node, client);
    }
    return client;
  }
}

const reasonOf = (error) => authReasonOf(error) ?? error.details ?? String(error);
