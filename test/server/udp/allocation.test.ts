import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('./allocation.mjs', import.meta.url));

test('a cached answer costs a front thread no memory: under a tenth of an octet of heap each, what the measuring itself takes included', () => {
  const said = execFileSync(process.execPath, ['--expose-gc', '--max-semi-space-size=64', script], { encoding: 'utf8' });
  const { answered, octetsEach } = JSON.parse(said) as { answered: number; octetsEach: number };
  expect(answered).toBe(1_280_000);
  expect(octetsEach).toBeLessThan(0.1);
});
