import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config.ts';
import { readProbeToken } from '../../src/open-probe.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zeker-token-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tokenOf(content: string | undefined): string | undefined {
  const file = join(folder, 'token');
  rmSync(file, { force: true });
  if (content !== undefined) writeFileSync(file, content);
  return readProbeToken(parseConfig('dane:\n  probe:\n    tokenFile: token\n', 'zeker.yaml', folder));
}

test('no token; the one of the configuration; the one of its file', () => {
  expect(readProbeToken(parseConfig('', 'zeker.yaml', folder))).toBeUndefined();
  expect(readProbeToken(parseConfig(`dane: { probe: { token: ${'a'.repeat(16)} } }`, 'zeker.yaml', folder))).toBe('a'.repeat(16));
  expect(tokenOf(`${'b'.repeat(16)}\n`)).toBe('b'.repeat(16));
});

test.each<{ title: string; content: string | undefined; says: string }>([
  { title: 'not there', content: undefined, says: 'zeker.yaml:3: dane.probe.tokenFile: cannot be read: no such file' },
  { title: 'empty', content: '\n', says: 'zeker.yaml:3: dane.probe.tokenFile: must hold at least 16' },
  { title: 'short', content: 'b'.repeat(15), says: 'must hold at least 16' },
  { title: 'two lines', content: `${'b'.repeat(16)}\n${'c'.repeat(16)}\n`, says: 'must hold at least 16' },
])('a token file that is $title', ({ content, says }) => {
  expect(() => tokenOf(content)).toThrow(ConfigError);
  expect(() => tokenOf(content)).toThrow(says);
});

test('what the file holds is not told', () => {
  expect(() => tokenOf('hush')).not.toThrow('hush');
});
