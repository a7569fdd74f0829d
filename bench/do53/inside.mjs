/** What runs within the namespace: zones, authoritative servers, comparison, then the bench that was asked for. */

import { writeFileSync } from 'node:fs';
import { startAuthority } from './authority.mjs';
import { measureCached } from './cached-rounds.mjs';
import { measureCold } from './cold-rounds.mjs';
import { measureFlood } from './flood-rounds.mjs';
import { makeZones } from './internet.mjs';
import { measureMail } from './mail-rounds.mjs';
import { measureMemory } from './memory-rounds.mjs';
import { bringUp } from './namespace.mjs';
import { signZones } from './sign.mjs';
import { measureTcp } from './tcp-rounds.mjs';

/** What each measures, and how many further names it wants where `--names` does not say. */
const benches = {
  cached: { measure: measureCached, names: 20_000 },
  cold: { measure: measureCold, names: 0 },
  mail: { measure: measureMail, names: 0 },
  flood: { measure: measureFlood, names: 0 },
  memory: { measure: measureMemory, names: 100_000 },
  tcp: { measure: measureTcp, names: 0 },
};

const { bench, dist, work, folder, result, options } = JSON.parse(process.argv[2]);

const { measure, names } = benches[bench];
bringUp();
const zones = makeZones(options.zones, options.names ?? names);
const authority = await startAuthority(zones, await signZones(zones, work), folder);
try {
  writeFileSync(result, JSON.stringify(await measure({ dist, work: folder, zones, authority, options })));
} catch (error) {
  console.error(error.message.endsWith('differ') ? error.message : error.stack);
  process.exitCode = 1;
} finally {
  await authority.stop();
}
