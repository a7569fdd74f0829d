/** Signs the zones with ldns-signzone, once: a later run with the same zones finds them. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../lib/packages.mjs';
import { writeKeys } from './keys.mjs';

const run = promisify(execFile);
const DAY = 86_400;
const VALID_DAYS = 365;

/** The file of a zone within the folder that `signZones` returns. */
export function zoneFile(folder, { origin }) {
  return join(folder, origin === '.' ? 'root.zone' : `${origin}zone`);
}

/** Returns the folder of zone files. */
export async function signZones(zones, work) {
  const digest = createHash('sha256').update(JSON.stringify(zones)).digest('hex').slice(0, 16);
  const folder = join(work, `zones-${digest}`);
  if (existsSync(folder) && signedAt(folder) > Date.now() / 1000 - (VALID_DAYS - 30) * DAY) return folder;
  rmSync(folder, { recursive: true, force: true });
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(join(unfinished, 'keys'), { recursive: true });
  const now = Math.floor(Date.now() / 1000);
  console.log(`signing ${zones.filter(({ denial }) => denial).length} zones of ${zones.length}`);
  const waiting = zones.values();
  const worker = async () => {
    for (const zone of waiting) await signZone(zone, unfinished, now);
  };
  await Promise.all(Array.from({ length: cpus().length }, worker));
  writeFileSync(join(unfinished, 'signed-at'), String(now));
  renameSync(unfinished, folder);
  return folder;
}

function signedAt(folder) {
  return Number(readFileSync(join(folder, 'signed-at'), 'utf8'));
}

async function signZone(zone, folder, now) {
  const file = zoneFile(folder, zone);
  writeFileSync(file, `${zone.lines.join('\n')}\n`);
  if (!zone.denial) return;
  const denial = { nsec: [], nsec3: ['-n', '-t', '0'], 'nsec3-opt-out': ['-n', '-t', '0', '-p'] }[zone.denial];
  const [from, until] = zone.fault === 'expired' ? [now - 60 * DAY, now - 30 * DAY] : [now - DAY, now + VALID_DAYS * DAY];
  const keys = writeKeys(zone.origin, join(folder, 'keys'));
  const args = ['-o', zone.origin, '-i', String(from), '-e', String(until), '-f', `${file}.signed`, ...denial, file, ...keys];
  await run(findProgram('ldns-signzone'), args);
  renameSync(`${file}.signed`, file);
}
