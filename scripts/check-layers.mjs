// Checks who imports whom (.dependency-cruiser.cjs), and that the check sees: `npm run layers`.
//
// A layer check can pass having read nothing. So this one demands that every folder of the list was seen, with as many modules as the disk
// has files, and plants forbidden imports in a copy, each of which must be found by the rule that is there for it.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { layers, alone, forbidden, options } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'));

/** What of node:net may be imported anywhere: it opens no socket. */
const pureNet = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress']);
const mayOpenSockets = /^src\/((net|smtp|server|http|sandbox|cli)\/|[^/]+\.ts$)/;

const typescriptFiles = (folder) =>
  readdirSync(join(folder, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name}`);

/** Violations as `{ rule, from, to }`, and the modules seen. */
async function check(folder) {
  const { output } = await cruise(['src'], { ...options, baseDir: folder, validate: true, ruleSet: { forbidden } });
  const violations = output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  for (const file of typescriptFiles(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, type, names] of text.matchAll(/import (type )?([^;]*?) from 'node:net'/g)) {
      const opens = /^\{/.test(names)
        ? names
            .replace(/[{}]/g, '')
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type ') && !pureNet.has(name))
        : [names];
      if (!type && opens.length > 0 && !mayOpenSockets.test(file))
        violations.push({ rule: 'only-some-sockets', from: file, to: 'node:net' });
    }
  }
  return { violations, modules: output.modules.map(({ source }) => source).filter((source) => source.startsWith('src/')) };
}

/** Forbidden imports, each with the rule that must find it. */
function plants() {
  const rows = layers.flat();
  const below = rows.slice(0, -1).map((folder, i) => ({ folder, imports: `../${rows[i + 1]}/planted-target.ts`, rule: `layer-${folder}` }));
  return [
    ...below,
    { folder: 'crypto', imports: '../wire/planted-target.ts', rule: 'layer-crypto' },
    { folder: 'validator', imports: '../iterator/planted-target.ts', rule: 'layer-validator' },
    { folder: 'http', imports: '../server/planted-target.ts', rule: 'layer-http' },
    { folder: 'http', imports: '../main.ts', rule: 'layer-http' },
    ...alone.map((folder) => ({ folder, imports: '../base/planted-target.ts', rule: `layer-${folder}` })),
    { folder: 'base', imports: './no-such-file.ts', rule: 'no-unresolvable' },
    { folder: 'service', imports: 'node:dgram', rule: 'only-some-sockets' },
    { folder: 'service', imports: 'node:net', rule: 'only-some-sockets', clause: '{ createServer, isIP }' },
    { folder: 'dnssec', imports: 'node:fs', rule: 'only-some-files' },
    { folder: 'wire', imports: 'dns-packet', rule: 'only-some-packages', clause: 'packet' },
    { folder: 'base', imports: './planted-cycle.ts', rule: 'no-cycle' },
  ].map((plant, i) => ({ ...plant, file: `src/${plant.folder}/planted-${i}.ts` }));
}

async function selfTest() {
  const copy = mkdtempSync(join(tmpdir(), 'zeker-layers-'));
  try {
    cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
    for (const name of ['package.json', 'tsconfig.json']) cpSync(join(root, name), join(copy, name));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const folder of [...layers.flat(), ...alone]) {
      mkdirSync(join(copy, 'src', folder), { recursive: true });
      writeFileSync(join(copy, 'src', folder, 'planted-target.ts'), 'export interface Planted { readonly x: 1 }\n');
    }
    const planted = plants();
    for (const { file, imports, clause = 'type { Planted }' } of planted) {
      writeFileSync(join(copy, file), `import ${clause} from '${imports}';\nexport type Here = typeof globalThis;\n`);
    }
    const last = planted.at(-1).file;
    writeFileSync(
      join(copy, 'src/base/planted-cycle.ts'),
      `import type { Here } from './${last.split('/').at(-1)}';\nexport type Planted = Here;\n`,
    );
    const { violations } = await check(copy);
    const missed = planted.filter(({ file, rule }) => !violations.some((found) => found.from === file && found.rule === rule));
    return { planted: planted.length, missed };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const { violations, modules } = await check(root);
const faults = violations.map(({ rule, from, to }) => `${from} must not import ${to} (${rule})`);
const seen = new Set(modules);
const unseen = typescriptFiles(root).filter((file) => !seen.has(file));
if (unseen.length > 0) faults.push(`not seen: ${unseen.slice(0, 5).join(', ')}${unseen.length > 5 ? ' …' : ''}`);
if (modules.length <= 30) faults.push(`only ${modules.length} modules were seen`);
const listed = new Set([...layers.flat(), ...alone, 'config', 'cli']);
const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
for (const folder of folders) if (!listed.has(folder)) faults.push(`src/${folder} stands in no layer`);
for (const folder of [...layers.flat(), ...alone])
  if (!modules.some((module) => module.startsWith(`src/${folder}/`))) faults.push(`no module of src/${folder} was seen`);
const { planted, missed } = await selfTest();
for (const { file, imports, rule } of missed) faults.push(`planted and not found: ${file} imports ${imports} (${rule})`);
for (const fault of faults) console.error(fault);
console.log(
  `layers: ${modules.length} modules seen, ${violations.length} forbidden imports, ${planted - missed.length} of ${planted} planted ones found`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
