import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly engines?: { readonly node?: string } }>>;
}
const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as Lock;

/** Whether a range takes Node 20: one of its alternatives begins at 20 or, without an end, below. Of the ranges of semver as far as they occur. */
function takesNode20(range: string): boolean {
  return range.split('||').some((alternative) => {
    const [, operator, major] = /^\s*(>=|>|\^|~)?\s*v?(\d+)/.exec(alternative) ?? [];
    return operator?.startsWith('>') ? Number(major) <= 20 : Number(major) === 20;
  });
}

test('every package takes the oldest Node that package.json does, so that npm ci has nothing to warn of', () => {
  expect(lock.packages['']?.engines?.node).toMatch(/^>=20\./);
  const refusing = Object.entries(lock.packages).filter(([, { engines }]) => engines?.node !== undefined && !takesNode20(engines.node));
  expect(refusing.map(([path, { engines }]) => `${path}: ${engines?.node}`)).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(JSON.stringify(lock)).not.toContain('"resolved"');
});
