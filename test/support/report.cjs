const { relative } = require('node:path');
const { stripVTControlCharacters } = require('node:util');
const { DefaultReporter } = require('@jest/reporters');

const MOST_LINES = 12;

/**
 * Where nobody watches, only what failed is told, soon and in few lines: a log that is cut still names every failure.
 * A terminal gets Jest's own report.
 */
class FailuresOnly {
  onTestResult(_test, { testFilePath, testExecError, testResults, failureMessage }) {
    const file = relative(process.cwd(), testFilePath);
    if (testExecError) return tell(file, 'the file', failureMessage ?? String(testExecError.message));
    for (const { status, fullName, failureMessages } of testResults) {
      if (status === 'failed') tell(file, fullName, failureMessages.join('\n'));
    }
  }
  getLastError() {}
}

function tell(file, name, message) {
  const lines = stripVTControlCharacters(message).split('\n');
  const isOurs = (line) => /^\s+at /.test(line) && /[/\\]test[/\\]/.test(line);
  const words = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line)).slice(0, MOST_LINES);
  const places = lines.filter(isOurs).slice(0, 2);
  console.log([`FAILED ${file}: ${name}`, ...[...words, ...places].map((line) => `    ${line.trim()}`)].join('\n'));
}

module.exports = process.env.CI ? FailuresOnly : DefaultReporter;
