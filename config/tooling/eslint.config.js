import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

const TIME = 'Time is an argument: take a Clock (src/base/clock.ts) or an EpochMs.';
const RANDOMNESS = 'Randomness is an argument: take a Random (src/base/random.ts).';
const SETTINGS = 'Only src/config reads the environment: take the field of Config that you need.';
const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration, ExportSpecifier[exported.name="default"]',
  message: 'Named exports only: a thing has one name wherever it is imported.',
};

/** Sizes beyond which a file or function is missing a noun or a verb. */
const sizeLimits = {
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
  'max-params': ['error', { max: 4 }],
  complexity: ['error', { max: 10 }],
};

/** Every way of reaching the real clock, real randomness or the environment. */
const outsideWorld = {
  'no-restricted-globals': [
    'error',
    {
      checkGlobalObject: true,
      globals: ['Date', 'setTimeout', 'setInterval', 'performance'].map((name) => ({
        name,
        message: TIME,
      })),
    },
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: RANDOMNESS },
    { object: 'process', property: 'env', message: SETTINGS },
    { object: 'process', property: 'hrtime', message: TIME },
  ],
  'no-restricted-imports': [
    'error',
    {
      paths: [
        ...[
          'node:timers',
          'node:timers/promises',
          'timers',
          'timers/promises',
          'node:perf_hooks',
        ].map((name) => ({ name, message: TIME })),
        { name: 'node:process', importNames: ['env', 'hrtime'], message: SETTINGS },
      ],
    },
  ],
};

const typed = {
  '@typescript-eslint/explicit-module-boundary-types': 'error',
  '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  // To name a member is how an object is told without it.
  '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
  // A default that throws may stand beside a complete list of cases, never instead of a case.
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { allowDefaultCaseForExhaustiveSwitch: true, considerDefaultExhaustiveForUnions: false },
  ],
};

export default defineConfig(
  { ignores: ['node_modules/', 'dist/', 'coverage/', 'src/dashboard/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      ...sizeLimits,
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: `${import.meta.dirname}/../..` },
    },
    rules: typed,
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/adapters/system/**', 'src/config/**'],
    rules: outsideWorld,
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // `describe` is a chapter, not a function.
      'max-lines-per-function': 'off',
      // chai's assertions may be expressions: expect(x).to.be.true
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['test/simulation/**/*.ts'],
    rules: {
      // A rule of the checker is a list of cases, and every `?.` counts: in pieces it would be harder to check.
      complexity: ['error', { max: 19 }],
    },
  },
  {
    files: ['test/unit/simulation/**/*.ts'],
    rules: {
      // The builder of traces can do as much as there is to go wrong.
      'max-lines': ['error', { max: 320, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['scripts/**/*.{mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['AbortController', 'AbortSignal', 'Buffer', 'TextDecoder', 'URL', 'URLSearchParams'],
          ...['clearInterval', 'clearTimeout', 'console', 'fetch', 'performance', 'process'],
          ...['setInterval', 'setTimeout', 'structuredClone'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
