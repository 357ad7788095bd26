/** A Vitest reporter that closes with one plain line: "N passed, N failed", and names every skipped test with its reason. */
export default class PlainCount {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state in count) count[state]++;
        if (state === 'skipped') console.log(`skipped: ${test.fullName}`);
      }
      if (module.errors().length > 0) count.failed++;
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    console.log(`${count.passed} passed, ${count.failed} failed${skipped}`);
  }
}
