// The layers of the house (ARCHITECTURE.md), as rules for dependency-cruiser. scripts/check-layers.mjs runs them and shows that they bite.

/** From the top down: a folder imports from itself and from those above it; the folders of one row stand beside each other. */
const layers = [
  ['base'],
  ['wire', 'crypto'],
  ['dnssec'],
  ['cache', 'net', 'smtp'],
  ['iterator', 'validator', 'trust'],
  ['resolver'],
  ['service'],
  ['dane'],
  ['server', 'http', 'watch'],
];

/** Imports nothing of ours: it is the second implementation that the tests compare with. */
const alone = ['sandbox'];

const layerRules = layers.flatMap((row, depth) =>
  row.map((folder) => ({
    name: `layer-${folder}`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: { path: '^src/', pathNot: `^src/(${[folder, ...layers.slice(0, depth).flat()].join('|')})/` },
  })),
);

const aloneRules = alone.map((folder) => ({
  name: `layer-${folder}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/${folder}/` },
}));

/** Who may import a module of Node or of npm; `folders` are patterns behind `src/`. */
const reserved = [
  { name: 'sockets', modules: '(node:)?(dgram|tls|http|https|http2)', folders: 'net/|smtp/|server/|http/|sandbox/|[^/]+\\.ts|cli/' },
  {
    name: 'files',
    modules: '(node:)?(fs|fs/promises|child_process|worker_threads)',
    folders: 'server/|http/|sandbox/|[^/]+\\.ts|cli/|config/|trust/anchor-store\\.ts|watch/store\\.ts',
  },
];
const reservedPackages = [
  { name: 'dns-packet', folders: 'sandbox/' },
  { name: '@noble/curves', folders: 'crypto/|sandbox/' },
  { name: 'commander', folders: 'cli\\.ts|cli/' },
  { name: 'yaml', folders: 'config\\.ts|config/' },
  { name: 'pino', folders: 'log\\.ts' },
  { name: 'koffi', folders: 'server/udp/libc\\.ts' },
  { name: '(fastify|@fastify/.*|prom-client)', folders: 'http/' },
];
const reservedRules = [
  ...reserved.map(({ name, modules, folders }) => ({
    name: `only-some-${name}`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/(${folders})` },
    to: { path: `^${modules}$` },
  })),
  ...reservedPackages.map(({ name, folders }) => ({
    name: `only-some-packages`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/(${folders})` },
    to: { path: `node_modules/${name}/`, dependencyTypesNot: ['type-only'] },
  })),
];

module.exports = {
  layers,
  alone,
  forbidden: [
    ...layerRules,
    ...aloneRules,
    ...reservedRules,
    { name: 'no-cycle', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
    { name: 'no-test-in-src', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench|scripts)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
