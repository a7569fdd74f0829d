/** Where builds and signed zones are kept between runs: a folder under the system's temporary one that nobody else can write to. */

import { mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes it, and refuses one that another user put there first. */
export function workFolder() {
  const folder = join(tmpdir(), `zeker-bench-${process.getuid()}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== process.getuid() || (mode & 0o022) !== 0) throw new Error(`${folder} is not ours alone`);
  return folder;
}
