/** Jest runs the TypeScript sources as ES modules; swc only strips the types (TypeScript 7 has no compiler API). */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // They need the real Nova, and two minutes: npm run test:upgrade.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/upgrade/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  maxWorkers: 2,
  testTimeout: 60_000,
};
