/** How tests run: TypeScript by swc, one PostgreSQL and one Redis of their own for all, longest files first. */
export default {
  rootDir: '..',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: {
            syntax: 'typescript',
          },
        },
        module: {
          type: 'es6',
        },
        sourceMaps: 'inline',
      },
    ],
  },
  testEnvironment: '<rootDir>/test/support/environment.cjs',
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 240000,
  reporters: ['<rootDir>/test/support/report.cjs', 'summary', '<rootDir>/test/support/closing-line.cjs'],
  coverageProvider: 'babel',
  collectCoverageFrom: ['api/**/*.ts', 'queues/**/*.ts', 'workers/**/*.ts', 'sql/**/*.ts'],
  coverageReporters: ['text-summary', 'lcovonly'],
};
