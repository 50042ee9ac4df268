/**
 * Who may import whom. The two tables are the rule; the rest of this file turns them into what the
 * tool understands.
 */

/** Folder of src → what it may import, beside itself. */
const MAY_IMPORT = {
  base: [],
  'domain/ids.ts': ['base'],
  domain: ['base'],
  ports: ['domain', 'base'],
  ownership: ['ports', 'domain', 'base'],
  scheduler: ['ports', 'domain', 'base'],
  scaling: ['ports', 'domain', 'base'],
  access: ['ports', 'domain', 'base'],
  convergence: ['ports', 'domain', 'base'],
  'adapters/etcd': ['ports', 'domain', 'base'],
  'adapters/jwt': ['ports', 'domain', 'base'],
  'adapters/memory': ['ports', 'domain', 'base'],
  'adapters/observe': ['ports', 'domain', 'base'],
  'adapters/redis': ['ports', 'domain', 'base'],
  'adapters/sqlite': ['ports', 'domain', 'base'],
  'adapters/system': ['ports', 'domain', 'base'],
  // every provider is an adapter of its own
  'adapters/providers/*': ['ports', 'domain', 'base'],
  config: ['domain', 'base'],
  api: ['scaling', 'access', 'ports', 'domain', 'base'],
  dashboard: [],
  server: [
    ...['ownership', 'scheduler', 'scaling', 'access', 'convergence', 'adapters', 'api', 'config'],
    ...['ports', 'domain', 'base'],
  ],
  cli: ['server', 'config', 'domain', 'base'],
  'main.ts': ['cli', 'server', 'adapters/system', 'config', 'domain', 'base'],
};

/** Package → the only places of src that may import it. A package that is not here may not be imported. */
const MAY_BE_IMPORTED_BY = {
  '@photostructure/sqlite': ['adapters/sqlite'],
  'cli-table3': ['cli'],
  cockatiel: ['adapters/etcd'],
  commander: ['cli'],
  'cron-parser': ['domain/schedule/cron.ts'],
  cronstrue: ['domain/schedule/cron-words.ts'],
  express: ['api'],
  etcd3: ['adapters/etcd'],
  ioredis: ['adapters/redis'],
  jose: ['adapters/jwt'],
  'lru-cache': ['adapters/sqlite'],
  picocolors: ['cli'],
  pino: ['adapters/observe'],
  'prom-client': ['adapters/observe'],
  'rate-limiter-flexible': ['adapters/redis'],
  undici: ['adapters/providers', 'cli'],
  yaml: ['config', 'cli'],
  zod: ['api', 'config', 'cli', 'adapters/providers'],
  'zod-openapi': ['api/openapi'],
};

/** These know nothing but data: no package, no Node module. */
const PURE = ['base', 'domain', 'ports'];

/** A folder, or a file, of src as a regular expression; `*` is one path segment. */
function inSrc(place) {
  const path = place.replaceAll('.', '\\.').replaceAll('*', '[^/]+');
  return `^src/${path}${place.endsWith('.ts') ? '$' : '/'}`;
}

/** The same, with the part that `*` stands for captured, so that `$1` can stand for it again. */
function captured(place) {
  return inSrc(place).replace('[^/]+', '([^/]+)');
}

function layerRule([place, allowed]) {
  const inner = Object.keys(MAY_IMPORT).filter((other) => other.startsWith(`${place}/`));
  const itself = captured(place).replace('([^/]+)', '$1');
  return {
    name: `layer-${place}`,
    comment: `src/${place} may import ${[...allowed, 'itself'].join(', ')}.`,
    severity: 'error',
    from: { path: captured(place), pathNot: inner.map(inSrc) },
    to: { path: '^src/', pathNot: [itself, ...allowed.map(inSrc)] },
  };
}

function packageRule([name, places]) {
  return {
    name: `package-${name}`,
    comment: `${name} is imported in ${places.join(', ')} only.`,
    severity: 'error',
    from: { path: '^src/', pathNot: places.map(inSrc) },
    to: { path: `^node_modules/(@types/)?${name}/` },
  };
}

const FURTHER_RULES = [
  {
    name: 'no-cycles',
    comment: 'Two files that import each other are one file, or lack a third.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'pure-core',
    comment: `${PURE.join(', ')} import no package and no Node module; cron.ts alone knows its parser, cron-words.ts its words.`,
    from: { path: PURE.map(inSrc) },
    to: { pathNot: ['^src/', '^node_modules/(cron-parser|cronstrue)/'] },
  },
  {
    name: 'no-tests-in-src',
    comment: 'Nothing in src imports what is outside it.',
    from: { path: '^src/' },
    to: { path: '^(test|scripts|config)/' },
  },
  {
    name: 'known-place',
    comment: 'Every folder of src is in the table of layers, and so is its right to import.',
    from: { path: '^src/', pathNot: Object.keys(MAY_IMPORT).map(inSrc) },
    to: {},
  },
  {
    name: 'known-package',
    comment: 'Every package of src is in the table of packages.',
    from: { path: '^src/' },
    to: {
      path: '^node_modules/',
      pathNot: Object.keys(MAY_BE_IMPORTED_BY).map((name) => `^node_modules/(@types/)?${name}/`),
    },
  },
  {
    name: 'sqlite-in-its-adapter',
    comment: "Node's own SQLite is a store package too.",
    from: { path: '^src/', pathNot: inSrc('adapters/sqlite') },
    to: { path: '^(node:)?sqlite$' },
  },
  {
    name: 'scripts-run-before-installation',
    comment: 'What npm starts before anything is installed imports only Node modules.',
    from: { path: '^scripts/.*\\.mjs$' },
    to: { pathNot: '^scripts/', dependencyTypesNot: ['core'], dynamic: false },
  },
  {
    name: 'resolvable',
    comment: 'An import that leads nowhere.',
    from: {},
    // Node 20 has no SQLite of its own, so the tool cannot find it there.
    to: { couldNotResolve: true, pathNot: '^(node:)?sqlite$' },
  },
];

module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(layerRule),
    ...Object.entries(MAY_BE_IMPORTED_BY).map(packageRule),
    ...FURTHER_RULES.map((rule) => ({ severity: 'error', ...rule })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
