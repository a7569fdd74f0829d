/** What `npm start`, `npm run demo` and `npm run build` do to processes and files: in folders of their own, so that dist/ stays as it is. */

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zeker-npm-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('SIGTERM to npm ends what it started', () => {
  test.each([
    { script: 'start', args: ['--config', 'zeker.yaml'], says: '"listening"' },
    { script: 'demo', args: ['--dns-port', '0', '--http-port', '0', '--sandbox-port', '0'], says: 'Ctrl-C ends it.' },
  ])('npm run $script', async ({ script, args, says }) => {
    const at = join(folder, script);
    mkdirSync(at);
    // The command as package.json has it, behind a build that is done already.
    writeFileSync(join(at, 'package.json'), JSON.stringify({ scripts: { build: 'true', [script]: scripts[script] } }));
    writeFileSync(join(at, 'zeker.yaml'), "listen: { dns: ['127.0.0.1:0'], http: false }\nresolver: { priming: false }\n");
    symlinkSync(join(root, 'dist'), join(at, 'dist'));
    const npm = spawn('npm', ['run', '--silent', script, '--', ...args], { cwd: at, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<void>((resolve) => npm.on('close', () => resolve())); // once nobody holds its output any more
    let pids: number[] = [];
    const said = new Promise<void>((resolve) => {
      for (const stream of [npm.stdout, npm.stderr])
        createInterface(stream).on('line', (line) => {
          if (line.includes(says)) resolve();
        });
    });
    await said;
    pids = descendants(npm.pid as number);
    expect(pids.length).toBeGreaterThan(0);
    npm.kill('SIGTERM');
    const late = setTimeout(() => pids.forEach(kill), 10_000);
    await ended;
    clearTimeout(late);
    expect(pids.filter(kill)).toEqual([]);
  });
});

/** All processes below one, by /proc. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Ends a process at once; false where there is none. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

describe('build', () => {
  const at = () => join(folder, 'build');
  const build = () => spawnSync(process.execPath, [join(at(), 'scripts/build.mjs')], { encoding: 'utf8' });
  beforeAll(() => {
    mkdirSync(join(at(), 'src'), { recursive: true });
    for (const name of ['scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json']) cpSync(join(root, name), join(at(), name));
    writeFileSync(join(at(), 'package.json'), '{ "type": "module" }\n');
    symlinkSync(join(root, 'node_modules'), join(at(), 'node_modules'));
  });
  const source = (text: string) => writeFileSync(join(at(), 'src/cli.ts'), text);
  const built = () => readFileSync(join(at(), 'dist/cli.js'), 'utf8');

  test('replaces all of dist', () => {
    mkdirSync(join(at(), 'dist'));
    writeFileSync(join(at(), 'dist/old.js'), '');
    source('export const version = 1;\n');
    expect(build()).toMatchObject({ status: 0 });
    expect(readdirSync(join(at(), 'dist')).sort()).toEqual(['cli.js', 'cli.js.map']);
    expect(built()).toContain('version = 1');
  });

  test('that fails leaves dist as it was, and nothing beside it', () => {
    const before = readdirSync(at());
    source('export const version: string = 2;\n');
    expect(build().status).not.toBe(0);
    expect(built()).toContain('version = 1');
    expect(readdirSync(at())).toEqual(before);
  });
});
