/** `zeker trust`: what it prints of the anchors and of the state file, and that it asks nobody. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { TrackedKey } from '../../src/trust/rfc5011.ts';
import { formatState } from '../../src/trust/state-text.ts';
import { makeKey, tagOf } from '../vectors/signed-zone.ts';
import { run } from './run.ts';

const DS = '. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zeker-trust-'));
  writeFileSync(join(folder, 'anchors'), DS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function config(name: string, trust: string): string {
  const file = join(folder, name);
  writeFileSync(file, `trust: { anchors: anchors${trust} }\n`);
  return file;
}

/** Cells of a row, which stand at least two blanks apart. */
const cells = (line: string | undefined) => line?.trim().split(/ {2,}/);

test('anchors that are not followed: a table', async () => {
  const { status, stdout, stderr } = await run('trust', '--config', config('plain.yaml', ''));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.split('\n');
  expect(lines.slice(0, 3)).toEqual(['Keys are not followed.', '', '.']);
  expect(cells(lines[3])).toEqual(['TAG', 'ALGORITHM', 'STATE', 'TRUSTED', 'ORIGIN', 'SINCE', 'LAST SEEN', 'HOLD-DOWN ENDS']);
  expect(cells(lines[4])).toEqual(['20326', 'RSASHA256', 'configured', 'yes', 'configured', '-', '-', '-']);
  expect(lines.slice(5)).toEqual(['']);
  const columns = ['TAG', 'ALGORITHM', 'STATE'].map((title) => lines[3]?.indexOf(title));
  expect(['20326', 'RSASHA256', 'configured'].map((cell) => lines[4]?.indexOf(cell))).toEqual(columns);
});

test('the anchors that come with it, where there is no configuration', async () => {
  const { status, stdout } = await run('trust');
  expect(status).toBe(0);
  for (const tag of ['20326', '38696']) expect(stdout).toMatch(new RegExp(`^ {2}${tag} .* yes .*configured`, 'm'));
});

test('followed, the states in a file that is not there yet: told, and not made', async () => {
  const { status, stdout } = await run('trust', '--config', config('new.yaml', ', rfc5011: true, stateFile: new.state'));
  expect(status).toBe(0);
  expect(stdout.split('\n')[0]).toBe(`Keys are followed (RFC 5011); their states: ${join(folder, 'new.state')}`);
  expect(() => readFileSync(join(folder, 'new.state'))).toThrow('ENOENT');
});

test('a key that waits, one that is valid and one that is missing, out of the state file', async () => {
  const begun = Date.UTC(2026, 9, 1) / 1000;
  const keyOf = (state: TrackedKey['state'], holdDownEnds?: number): TrackedKey => ({
    rdata: makeKey({ algorithm: 13 }).rdata,
    state,
    origin: 'learned',
    since: begun,
    lastSeen: begun + 3_600,
    holdDownEnds,
  });
  const keys = [keyOf('add-pending', begun + 30 * 86_400), keyOf('valid'), keyOf('missing')];
  const text = formatState([{ zone: parseName('.'), clock: begun, refreshed: begun, keys }]);
  writeFileSync(join(folder, 'states.state'), text);
  const { status, stdout, stderr } = await run('trust', '--config', config('states.yaml', ', rfc5011: true, stateFile: states.state'));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('\n.  last validated 2026-10-01T00:00:00Z\n');
  const since = '2026-10-01T00:00:00Z';
  const seen = '2026-10-01T01:00:00Z';
  const rows = stdout.split('\n').map(cells);
  const rowOf = (key: TrackedKey | undefined) => rows.find((row) => row?.[0] === String(tagOf(key?.rdata as Uint8Array)))?.slice(1);
  expect(rowOf(keys[0])).toEqual(['ECDSAP256SHA256', 'add-pending', 'no', 'learned', since, seen, '2026-10-31T00:00:00Z']);
  expect(rowOf(keys[1])).toEqual(['ECDSAP256SHA256', 'valid', 'yes', 'learned', since, seen, '-']);
  expect(rowOf(keys[2])).toEqual(['ECDSAP256SHA256', 'missing', 'yes', 'learned', since, seen, '-']);
  expect(readFileSync(join(folder, 'states.state'), 'utf8'), 'reading changes nothing').toBe(text);
});

test('--json: the report as /trust has it', async () => {
  const { status, stdout } = await run('trust', '--json', '--config', config('json.yaml', ', rfc5011: true'));
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    rfc5011: true,
    stateFile: null,
    stateFault: null,
    zones: [{ zone: '.', refreshed: null, keys: [{ keyTag: 20326, algorithm: 'RSASHA256', state: 'configured', trusted: true }] }],
  });
});

test('a state file that cannot be read is told, and the anchors stand', async () => {
  writeFileSync(join(folder, 'bad.state'), 'nonsense\n');
  const file = config('bad.yaml', ', rfc5011: true, stateFile: bad.state');
  const { status, stdout } = await run('trust', '--config', file);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^state file: .*bad\.state/);
  expect(stdout).toMatch(/^ {2}20326 .* yes /m);
  const json = JSON.parse((await run('trust', '--json', '--config', file)).stdout) as { stateFault: string };
  expect(json.stateFault).toContain('bad.state');
});

test.each([
  ['an option that there is not', ['--yaml'], 2, 'unknown option'],
  ['a configuration that is not there', ['--config', '/nowhere/zeker.yaml'], 2, '/nowhere/zeker.yaml'],
])('%s', async (_title, args, status, says) => {
  const ended = await run('trust', ...args);
  expect(ended).toMatchObject({ status, stdout: '' });
  expect(ended.stderr).toContain(says);
});
