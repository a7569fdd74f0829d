/** Files that a command writes for its user: whole or not at all. */

import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { systemFault } from '../config/system-fault.ts';
import { CommandError } from './fault.ts';

/** Writes beside, then renames; only the owner may read it. @throws {CommandError} what the disk said */
export function writeWhole(file: string, text: string): void {
  const fresh = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(fresh, text, { flag: 'wx', mode: 0o600 });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new CommandError(`${file} cannot be written: ${systemFault(error)}`);
  }
}
