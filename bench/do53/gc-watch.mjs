/**
 * Loaded into zeker before its own code (`node --expose-gc --import`): how long garbage collection stops the resolver thread. SIGUSR2 has what came to
 * pass since the one before written to the file that ZEKER_GC names, after a collection of its own, which does not count, so that the memory that
 * is left is in use.
 */

import { renameSync, writeFileSync } from 'node:fs';
import { constants, PerformanceObserver } from 'node:perf_hooks';

let pauses = [];

new PerformanceObserver((list) => {
  for (const { duration, detail } of list.getEntries())
    if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) === 0) pauses.push(duration);
}).observe({ entryTypes: ['gc'] });

/** Entries reach the observer a little later. */
const DELAY_MS = 200;

process.on('SIGUSR2', () => {
  globalThis.gc();
  setTimeout(() => {
    const said = { pauses: pauses.length, longestMs: Math.max(0, ...pauses), over20Ms: pauses.filter((ms) => ms > 20).length };
    pauses = [];
    writeFileSync(`${process.env.ZEKER_GC}.new`, JSON.stringify({ ...said, ...process.memoryUsage() }));
    renameSync(`${process.env.ZEKER_GC}.new`, process.env.ZEKER_GC);
  }, DELAY_MS);
});
