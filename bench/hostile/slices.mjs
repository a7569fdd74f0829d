/**
 * Loaded into zeker before its own code (`node --import`): how much CPU time passes between two rounds of its event loop. CPU time and not time,
 * for on a machine that is busy the process waits in the middle of a slice. The threads that compile and collect garbage count too, so a slice is
 * at most what is told. The first SIGUSR2 begins; the second ends, and has the longest and the 99th percentile of those over a millisecond
 * written, in milliseconds, to the file that ZEKER_SLICES names.
 */

import { renameSync, writeFileSync } from 'node:fs';

const EVERY_MS = 1;
let timer;
let slices;

function begin() {
  let last = process.cpuUsage();
  slices = [];
  timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    if (user + system > EVERY_MS * 1000) slices.push((user + system) / 1000);
  }, EVERY_MS);
  timer.unref();
}

function end() {
  clearInterval(timer);
  timer = undefined;
  slices.sort((a, b) => a - b);
  const said = { longest: slices.at(-1) ?? 0, p99: slices[Math.floor(slices.length * 0.99)] ?? 0, count: slices.length };
  writeFileSync(`${process.env.ZEKER_SLICES}.new`, JSON.stringify(said));
  renameSync(`${process.env.ZEKER_SLICES}.new`, process.env.ZEKER_SLICES);
}

process.on('SIGUSR2', () => (timer ? end() : begin()));
