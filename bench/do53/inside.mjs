/** What runs within the namespace: zones, authoritative servers, comparison, then the bench that was asked for. */

import { writeFileSync } from 'node:fs';
import { startAuthority } from './authority.mjs';
import { measureCached } from './cached-rounds.mjs';
import { measureCold } from './cold-rounds.mjs';
import { makeZones } from './internet.mjs';
import { bringUp } from './namespace.mjs';
import { signZones } from './sign.mjs';

const { bench, dist, work, folder, result, options } = JSON.parse(process.argv[2]);

bringUp();
const zones = makeZones(options.zones, options.names);
const authority = await startAuthority(zones, await signZones(zones, work), folder);
try {
  const measure = { cached: measureCached, cold: measureCold }[bench];
  writeFileSync(result, JSON.stringify(await measure({ dist, work: folder, zones, authority, options })));
} catch (error) {
  console.error(error.message.endsWith('differ') ? error.message : error.stack);
  process.exitCode = 1;
} finally {
  await authority.stop();
}
