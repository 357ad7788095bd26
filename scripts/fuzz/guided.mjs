const MAX_BYTES = 600;
const BYTES = [0, 1, 8, 10, 18, 26, 32, 61, 127, 128, 255];

/**
 * Fuzzing guided by coverage: an input that makes the target do something new is kept, and new inputs are made of kept ones.
 * @param target `seeds()` gives the first inputs, `check(bytes)` throws if something is wrong.
 * @param counters how often each statement and branch of the target ran; see instrumentation.mjs.
 */
export function guidedRun(target, counters, runs, seed) {
  const random = xorshift(seed);
  const seen = new Set();
  const corpus = [];
  const judge = (input) => {
    for (const counter of counters) counter.reset();
    try {
      target.check(input);
    } catch (error) {
      return `${Buffer.from(input).toString('hex')}\n${error.stack}`;
    }
    const before = seen.size;
    counters.forEach((counter, i) => {
      const count = counter.read();
      if (count > 0) seen.add(i * 16 + Math.min(15, Math.floor(2 * Math.log2(count))));
    });
    if (seen.size > before) corpus.push(input);
    return undefined;
  };
  const result = (run, failure) => ({ runs: run, corpus: corpus.length, features: seen.size, failure });
  for (const input of target.seeds()) judge(input);
  for (let run = 1; run <= runs; run++) {
    const failure = judge(mutated(corpus, random));
    if (failure !== undefined) return result(run, failure);
  }
  return result(runs, undefined);
}

function mutated(corpus, random) {
  const pick = (list) => list[random(list.length)];
  const bytes = [...pick(corpus)];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    const kind = random(6);
    if (kind === 0) bytes.splice(at, 1 + random(4));
    else if (kind === 1) bytes.splice(at, 0, pick(BYTES));
    else if (kind === 2) bytes.splice(at, 0, ...bytes.slice(random(bytes.length + 1)).slice(0, 1 + random(12)));
    else if (kind === 3)
      bytes.splice(
        at,
        0,
        ...pick(corpus)
          .slice(random(100))
          .slice(0, 1 + random(60)),
      );
    else if (at < bytes.length) bytes[at] = kind === 4 ? random(256) : bytes[at] ^ (1 << random(8));
  }
  return Uint8Array.from(bytes.slice(0, MAX_BYTES));
}

function xorshift(seed) {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
