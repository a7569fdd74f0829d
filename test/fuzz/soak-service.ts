/**
 * The service of the soak, in a process of its own, so that its memory is its own: `node --expose-gc soak-service.js CONFIG`.
 * Messages to the parent: the port once it listens, and for each `measure` its memory after a collection.
 */

import { existsSync, readdirSync } from 'node:fs';
import { loadConfig } from '../../src/config.ts';
import { startService } from '../../src/main.ts';

export interface Memory {
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
  readonly cacheEntries: number;
  readonly cacheOctets: number;
  readonly handles: number;
  /** Open file descriptors; 0 where the system does not tell. */
  readonly descriptors: number;
}

const service = await startService(loadConfig(process.argv[2] as string));
await service.resolver.prepare();
process.send?.({ port: service.dns[0]?.port, httpPort: service.http?.port });
// The parent may end before its time: then nobody is left to stop the service.
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  if (message === 'measure') void measure();
  if (message === 'stop') void service.stop().then(() => process.disconnect());
});

/** Twice, with a pause: what finalisers let go is collected the second time. */
async function measure(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  const { rss, heapUsed: heap, external } = process.memoryUsage();
  const { entries, octets: cacheOctets } = service.resolver.figures();
  const cacheEntries = Object.values(entries).reduce((sum, count) => sum + count, 0);
  const handles = process.getActiveResourcesInfo().filter((name) => /UDP|TCP|Timeout/.test(name)).length;
  const descriptors = existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
  process.send?.({ rss, heap, external, cacheEntries, cacheOctets, handles, descriptors } satisfies Memory);
}
