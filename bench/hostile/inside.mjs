/** What runs within the namespace: the scripted servers, then case by case. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bringUp } from '../do53/namespace.mjs';
import { measureFloods } from './floods.mjs';
import { measureCases } from './rounds.mjs';
import { at } from './script.mjs';

const { dist, folder, result, options } = JSON.parse(process.argv[2]);

bringUp(Object.values(at).flat());
const child = fork(fileURLToPath(new URL('authority.mjs', import.meta.url)), [], { stdio: 'inherit' });
await once(child, 'message');
const authority = {
  /** How many queries the servers have had, by level. */
  async queries() {
    const said = once(child, 'message');
    child.send('queries');
    return (await said)[0];
  },
};
try {
  const context = { dist, work: folder, authority, options };
  writeFileSync(result, JSON.stringify({ ...(await measureCases(context)), ...(await measureFloods(context)) }));
} catch (error) {
  console.error(error.stack);
  process.exitCode = 1;
} finally {
  child.disconnect();
}
