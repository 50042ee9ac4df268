/**
 * Mocha's own output, plus the counts of the run in a file.
 *
 * Options: `file`, where the counts go; `look`, the reporter to look like.
 */
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingReporter {
  constructor(runner, options) {
    const { file, look } = options.reporterOption;
    this.inner = new reporters[look](runner, options);
    const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
    runner.on('pass', () => {
      counts.passed += 1;
    });
    runner.on('pending', () => {
      counts.skipped += 1;
    });
    runner.on('fail', (test) => {
      counts.failed += 1;
      counts.failures.push(test.fullTitle());
    });
    runner.once('end', () => {
      writeFileSync(file, JSON.stringify(counts));
    });
  }
};
