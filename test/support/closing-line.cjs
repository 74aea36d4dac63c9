/** Ends the output with one plain line that any reader of a log understands. */
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    const failedSuites = results.testResults.filter((suite) => suite.testExecError).length;
    const skipped = results.numPendingTests ? `, ${results.numPendingTests} skipped` : '';
    this.line = `${results.numPassedTests} passed, ${results.numFailedTests + failedSuites} failed${skipped}`;
    process.once('exit', () => console.log(this.line));
  }
};
