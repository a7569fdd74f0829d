/** What was told of watched domains, as JSON on disk: replaced as a whole, readable by its owner alone. */

import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type WatchEvent, type Watched, watchEvents } from '../dane/watch.ts';

/** The part of a log that is used here. */
export interface WatchLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const VERSION = 1;
const MAX_OCTETS = 16_000_000;

export class WatchStore {
  readonly #file: string;
  /** Told once until it goes well again: a disk that is full stays so for long. */
  #saveFault: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** By domain; empty where there is none, or none that can be read, which the log is told. */
  load(log: WatchLog): Map<string, Watched> {
    try {
      return readState(readText(this.#file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({}, `${this.#file}: ${(error as Error).message}; what was told of watched domains before is forgotten`);
      return new Map();
    }
  }

  save(domains: ReadonlyMap<string, Watched>, log: WatchLog): void {
    const fresh = `${this.#file}.new`;
    try {
      rmSync(fresh, { force: true }); // left by a process that was killed; a link is removed, not followed
      const descriptor = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
      try {
        writeFileSync(descriptor, `${JSON.stringify({ version: VERSION, domains: Object.fromEntries(domains) })}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(fresh, this.#file);
      this.#saveFault = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#saveFault) log.error({}, `the state of watched domains is not kept: ${message}`);
      this.#saveFault = message;
    }
  }
}

function readText(file: string): string {
  // Not to wait for a writer, should it be a FIFO.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error('it is no plain file');
    if ((stats.mode & 0o022) !== 0) throw new Error('others than its owner may write it');
    if (stats.size > MAX_OCTETS) throw new Error(`it has ${stats.size} octets, over ${MAX_OCTETS}`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function readState(text: string): Map<string, Watched> {
  const state = JSON.parse(text) as { version?: unknown; domains?: unknown };
  if (state?.version !== VERSION || typeof state.domains !== 'object' || state.domains === null) throw new Error('it is not such a state');
  return new Map(Object.entries(state.domains).map(([domain, value]) => [domain, readWatched(value)]));
}

function readWatched(value: unknown): Watched {
  const { verdict, failures, raised } = (value ?? {}) as Partial<Watched>;
  const isRaised = (key: unknown) => typeof key === 'string' && watchEvents.includes(key.split(' ', 1)[0] as WatchEvent);
  if (!Number.isSafeInteger(failures) || !Array.isArray(raised) || !raised.every(isRaised) || !isVerdict(verdict))
    throw new Error('it is not such a state');
  return { ...(verdict ? { verdict } : {}), failures: failures as number, raised };
}

function isVerdict(verdict: Watched['verdict']): boolean {
  if (verdict === undefined) return true;
  return [verdict?.cisco, verdict?.rfc7672].every((both) => typeof both?.mandatory === 'string' && typeof both.opportunistic === 'string');
}
