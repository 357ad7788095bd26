/** How long a clean-up's lease is good after it was renewed last, in milliseconds. */
const LEASE_MS = 60_000;
/** How often it is renewed: so old it may be when its node is stopped. */
const RENEW_MS = 20_000;
/** Faults that are listed; the rest is counted. */
const LISTED = 8;

/** What nodes reported, and what was expected of them. */
export class Ledger {
  /** Devices that have a row. */
  known = new Set();
  callsRefusedMs = [];
  streamsCutMs = [];
  /** When Redis lost what it had, and with it all leases. */
  lossAtMs = Infinity;
  warnings = new Map();
  notes = new Set();
  #wrongs = [];
  /** node → device → names of events, in order. */
  #events = new Map();
  /** Clean-ups: `{ node, run, deviceId, incarnation, beginMs, endMs, isDone }`. */
  #runs = [];
  #revocationsLost = new Set();

  write(node, { event, deviceId, cleanUp, run, warning, atMs, incarnation }) {
    if (event !== undefined && deviceId !== undefined) this.eventsOf(node, deviceId).push(event);
    if (event === 'first-seen') this.known.add(deviceId);
    if (warning !== undefined) this.warnings.set(warning, (this.warnings.get(warning) ?? 0) + 1);
    if (cleanUp === 'begin') this.#runs.push({ node, run, deviceId, incarnation, beginMs: atMs, isDone: false });
    else if (cleanUp !== undefined) {
      const known = this.#runs.find((each) => each.node === node && each.run === run);
      known.endMs = atMs;
      known.isDone = cleanUp === 'done';
    }
  }

  eventsOf(node, deviceId) {
    const ofNode = this.#events.get(node) ?? new Map();
    this.#events.set(node, ofNode);
    const events = ofNode.get(deviceId) ?? [];
    ofNode.set(deviceId, events);
    return events;
  }

  wrong(text) {
    this.#wrongs.push(text);
  }

  note(text) {
    this.notes.add(text);
  }

  expectAdmitted(device, node, outcome) {
    if (outcome !== 'admitted') this.wrong(`${device.id} should be admitted on ${node.name}: ${outcome}`);
  }

  expectRevoked(device, nodes, outcomes) {
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome === 'DEVICE_REVOKED') continue;
      this.#revocationsLost.add(device.id);
      this.wrong(`${device.id} is revoked, and on ${nodes[i].name}: ${outcome}`);
    }
  }

  /** Clean-ups that a node began and did not end. */
  hangingOn(node) {
    return this.#runs.filter((run) => run.node === node && run.endMs === undefined);
  }

  notCleanedUp(devices) {
    const done = new Set(this.#runs.filter(({ isDone }) => isDone).map(({ deviceId }) => deviceId));
    return devices.filter(({ id }) => !done.has(id));
  }

  /** @param late a node that was not there when things happened. */
  verdict(world, late) {
    const lived = world.alive.filter((node) => node !== late);
    const events = { lost: 0, doubled: 0 };
    const count = (device, node, name, expected) => {
      const seen = this.eventsOf(node, device.id).filter((event) => event === name).length;
      if (seen === expected) return;
      events[seen < expected ? 'lost' : 'doubled'] += Math.abs(seen - expected);
      this.wrong(`${device.id} on ${node.name}: ${seen} × ${name} instead of ${expected}`);
    };
    for (const node of lived) {
      for (const device of world.revoked) this.#last(device, node, 'revoked', count, events);
      for (const device of world.removed) this.#last(device, node, 'purged', count, events);
    }
    for (const device of [...world.revoked, ...world.removed, ...world.devices, ...(world.newest ?? [])]) {
      const nodes = world.nodes.filter((node) => this.eventsOf(node, device.id).includes('first-seen'));
      const lives = nodes.flatMap((node) => this.eventsOf(node, device.id)).filter((name) => name === 'first-seen');
      if (lives.length > 1 + (device.returns ?? 0)) {
        events.doubled++;
        this.wrong(`${device.id} was seen first ${lives.length} times`);
      } else if (lives.length === 0 && (this.known.has(device.id) || world.newest?.includes(device))) {
        events.lost++;
        this.wrong(`${device.id} was never seen first`);
      }
    }
    for (const device of world.devices) if (device.home.isAlive) count(device, device.home, 'renewed', device.renewals);
    this.#streams(world);
    const ended = [...world.revoked, ...world.removed].filter(({ id }) => this.known.has(id));
    const cleanUpsLost = this.notCleanedUp(ended);
    for (const { id } of cleanUpsLost) this.wrong(`${id} was never cleaned up`);
    const atOnce = this.#atOnce();
    return {
      revoked: world.revoked.length,
      revocationsLost: this.#revocationsLost.size,
      eventsLost: events.lost,
      eventsDoubled: events.doubled,
      cleanUps: ended.length,
      cleanUpsLost: cleanUpsLost.length,
      cleanUpsAtOnce: atOnce,
      cleanUpsAgain: this.#again(),
      callsRefusedMs: this.callsRefusedMs,
      streamsCutMs: this.streamsCutMs,
      recoveryMs: world.recoveryMs,
      wrongs: [
        ...this.#wrongs.slice(0, LISTED),
        ...(this.#wrongs.length > LISTED ? [`${this.#wrongs.length} in all`] : []),
      ],
      warnings: this.warnings,
      notes: this.notes,
    };
  }

  /** The end of a device on a node: told once, nothing after it, its value released once. */
  #last(device, node, name, count, events) {
    count(device, node, name, 1);
    const told = this.eventsOf(node, device.id);
    const held = told.slice(0, told.lastIndexOf(name)).filter((event) => event === 'held'); // in lives that have ended
    count(device, node, 'released', held.length);
    const all = told.filter((event) => event !== 'released' && event !== 'held');
    if (device.returns === undefined && all.includes(name) && all.at(-1) !== name) {
      events.doubled++;
      this.wrong(`${device.id} on ${node.name}: ${all.join(', ')}`);
    }
  }

  #streams(world) {
    for (const [devices, expected] of [
      [world.revoked, 'DEVICE_REVOKED'],
      [world.devices, undefined],
    ])
      for (const { id, streams } of devices)
        for (const { node, end } of streams)
          if (node.isAlive && end?.reason !== expected)
            this.wrong(`the stream of ${id} on ${node.name}: ${end?.reason ?? 'is open'}`);
  }

  /** Pairs of clean-ups of one device that ran at one time, both under a lease that was good. */
  #atOnce() {
    let count = 0;
    for (const [i, a] of this.#runs.entries())
      for (const b of this.#runs.slice(i + 1)) {
        if (a.deviceId !== b.deviceId || a.incarnation !== b.incarnation) continue;
        if (b.beginMs >= this.#goodUntilMs(a) || a.beginMs >= this.#goodUntilMs(b)) continue;
        count++;
        this.wrong(`${a.deviceId} was cleaned up on ${a.node.name} and ${b.node.name} at once`);
      }
    return count;
  }

  #goodUntilMs({ node, beginMs, endMs = Infinity }) {
    const lostMs = this.lossAtMs > beginMs ? this.lossAtMs : Infinity;
    return Math.min(endMs, node.killedAtMs, node.pausedAtMs + LEASE_MS - RENEW_MS, lostMs);
  }

  /** Clean-ups that were done once more, one after the other. */
  #again() {
    const done = this.#runs.filter(({ isDone }) => isDone);
    return done.length - new Set(done.map(({ deviceId, incarnation }) => `${deviceId} ${incarnation}`)).size;
  }
}
