/** A token from its beginning on, wherever it stands. */
const TOKEN = /C[o-v][AEIMQUYcgkosw048]B[\w+/-]{60,}/;
/** A private key as hex, or a hash of the same length: neither has a place in the output. */
const PRIVATE_KEY = /(?<![0-9a-f])(?:0x)?[0-9a-f]{64}(?![0-9a-f])/i;

/**
 * A Vitest reporter that closes with one plain line: "N passed, N failed", and names every skipped test with its reason.
 * A hook or file that fails counts as one failure, and a run that fails in any other way never says "0 failed".
 * Whatever the tests print is searched for tokens and private keys; a find counts as a failure.
 */
export default class PlainCount {
  #vitest;
  #leaks = new Set();

  onInit(vitest) {
    this.#vitest = vitest;
  }

  onUserConsoleLog({ content, taskId }) {
    if (!TOKEN.test(content) && !PRIVATE_KEY.test(content)) return;
    const task = taskId === undefined ? undefined : this.#vitest.state.idMap.get(taskId);
    this.#leaks.add(`${task?.file?.name ?? 'a test'}: ${task?.name ?? 'outside of a test'}`);
  }

  onTestRunEnd(modules, unhandledErrors, reason) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state in count) count[state]++;
        if (state === 'skipped') console.log(`skipped: ${test.fullName}`);
        if (TOKEN.test(test.fullName) || PRIVATE_KEY.test(test.fullName))
          this.#leaks.add(`a title in ${module.moduleId}`);
      }
      for (const each of [module, ...module.children.allSuites()]) if (each.errors().length > 0) count.failed++;
    }
    for (const leak of this.#leaks) console.log(`printed what looks like a secret: ${leak}`);
    count.failed += this.#leaks.size;
    if (this.#leaks.size > 0) process.exitCode = 1;
    if (reason !== 'passed' && count.failed === 0) count.failed = 1;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}
