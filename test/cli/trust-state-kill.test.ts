/** A process that is killed while it writes its state, at any moment: the file is a whole state each time, never older than what was told. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { AnchorStore } from '../../src/trust/anchor-store.ts';
import { createRandom } from '../fuzz/random.ts';

const KILLS = 200;
const built = new URL('../../dist/trust/anchor-store.js', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'zeker-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Saves states of rising number for ever, and tells each number once it is on disk. */
const writer = `
  import { writeSync } from 'node:fs';
  import { AnchorStore } from ${JSON.stringify(built.href)};
  import { parseName } from ${JSON.stringify(pathToFileURL(join(built.pathname, '../../base/name.js')).href)};
  const store = new AnchorStore(process.argv[2]);
  const zone = parseName('.');
  const rdata = Uint8Array.from([1, 1, 3, 13, ...Array(300).fill(7)]);
  let number = store.load().points[0]?.clock ?? 0;
  for (;;) {
    number++;
    const keys = Array(1 + (number % 16)).fill({ rdata, state: 'valid', since: number, lastSeen: number, origin: 'learned' });
    store.save([{ zone, clock: number, refreshed: number, keys }]);
    writeSync(1, number + '\\n');
  }
`;

test(`${KILLS} kills at random moments`, { timeout: 180_000 }, async () => {
  if (!existsSync(built)) throw new Error('dist is not there: npm run build makes it');
  const script = join(folder, 'writer.mjs');
  const file = join(folder, 'trust.state');
  writeFileSync(script, writer);
  const random = createRandom(5011);
  let last = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      told += text;
    });
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, random(8)));
    child.kill('SIGKILL');
    await once(child, 'close');
    const { points, from, faults } = new AnchorStore(file).load();
    expect({ from, faults }).toEqual({ from: 'file', faults: [] });
    const number = points[0]?.clock ?? 0;
    expect(points[0]?.keys.length).toBe(1 + (number % 16));
    const lines = told.split('\n');
    last = Math.max(last, Number(lines.at(-2)));
    expect(number).toBeGreaterThanOrEqual(last);
  }
});
