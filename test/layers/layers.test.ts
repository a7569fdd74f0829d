import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/check-layers.mjs', import.meta.url));

test('no module imports from beside or below, and every planted forbidden import is found', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const [, modules, forbidden, found, planted] =
    /(\d+) modules seen, (\d+) forbidden imports, (\d+) of (\d+) planted ones found/.exec(stdout) ?? [];
  expect(Number(modules)).toBeGreaterThan(30);
  expect(Number(forbidden)).toBe(0);
  expect(Number(planted)).toBeGreaterThan(20);
  expect(found).toBe(planted);
  expect(status).toBe(0);
});
