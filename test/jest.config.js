/** How tests run: types are stripped as Node does it, one PostgreSQL and one Redis of their own for all, longest files first. */
export default {
  rootDir: '..',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // What only a night has time for stands in files of its own; see also support/nightly-only.ts.
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.NIGHTLY === 'yes' ? [] : ['\\.night\\.test\\.ts$'])],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  testEnvironment: '<rootDir>/test/support/environment.cjs',
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // A process gives nothing back of the files it has run: it is replaced before it runs out of memory.
  workerIdleMemoryLimit: '1500MB',
  testTimeout: 240000,
  reporters: ['<rootDir>/test/support/report.cjs', 'summary', '<rootDir>/test/support/closing-line.cjs'],
  coverageProvider: 'babel',
  collectCoverageFrom: ['api/**/*.ts', 'queues/**/*.ts', 'workers/**/*.ts', 'sql/**/*.ts'],
  coverageReporters: ['text-summary', 'lcovonly'],
};
