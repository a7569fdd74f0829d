/** docs/lessons.md says the truth: what it lists as tested stands in that test file, what it lists as a mutant in the catalogue. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const rows = [...read('docs/lessons.md').matchAll(/^\| ((?:CVE|RUSTSEC)-\d{4}-\d+) \| (.*) \| (yes|-) \|$/gm)];
const catalogue = readdirSync(new URL('test/mutants/catalogue/', root))
  .map((file) => read(`test/mutants/catalogue/${file}`))
  .join('\n');

test('the table is read', () => expect(rows.length).toBeGreaterThan(50));

test.each(rows.map(([, advisory = '', files = '', mutant = '']) => ({ advisory, files, mutant })))(
  '$advisory is where docs/lessons.md says',
  ({ advisory, files, mutant }) => {
    const named = new RegExp(`${advisory}(?!\\d)`);
    for (const [, file = ''] of files.matchAll(/`([^`]+)`/g)) expect(read(file)).toMatch(named);
    if (mutant === 'yes') expect(catalogue).toMatch(named);
    expect(files !== '-' || mutant === 'yes').toBe(true);
  },
);
