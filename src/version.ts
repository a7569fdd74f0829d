/** The version of this program, as package.json has it. */

import { readFileSync } from 'node:fs';

/** Reads it from the file beside src/ or dist/. */
export function readVersion(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}
