/**
 * The state file: whole at every moment, whatever ends the process or fills the disk. A new state is written beside it, flushed, and
 * renamed over it; the state before is kept beside it too, under `.previous`. A file that cannot be read as a state is never relied on.
 * No symbolic link is followed, and what is not a plain file, or is anybody else's to write, is refused.
 */

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { formatState, parseState, StateError, type StoredPoint } from './state-text.ts';

/** Beyond all that `formatState` writes; a file that is larger is not read. */
export const MAX_STATE_OCTETS = 4 * 1024 * 1024;

/** The calls that change the disk, for tests that let them fail. */
export interface Disk {
  readonly write: (descriptor: number, octets: Uint8Array, offset: number) => number;
  readonly flush: (descriptor: number) => void;
  readonly rename: (from: string, to: string) => void;
}

export const realDisk: Disk = {
  write: (descriptor, octets, offset) => writeSync(descriptor, octets, offset),
  flush: fsyncSync,
  rename: renameSync,
};

export interface LoadedState {
  readonly points: readonly StoredPoint[];
  /** - `none`: there is no file yet */
  readonly from: 'file' | 'previous' | 'none';
  /** What was wrong with the file, and with the copy where that was looked at; a sentence each. */
  readonly faults: readonly string[];
}

export class AnchorStore {
  readonly file: string;
  readonly #disk: Disk;
  /** Whether what lies at `file` was read or written as a whole state: nothing else may become the previous one. */
  #isGood = false;

  constructor(file: string, disk: Disk = realDisk) {
    this.file = file;
    this.#disk = disk;
  }

  get previous(): string {
    return `${this.file}.previous`;
  }

  /** The last good state. Never throws: what is wrong stands in `faults`. */
  load(): LoadedState {
    const current = tryRead(this.file);
    this.#isGood = 'points' in current;
    if ('points' in current) return { points: current.points, from: 'file', faults: [] };
    const before = tryRead(this.previous);
    const fault = current.missing && 'missing' in before && before.missing ? [] : [`${this.file}: ${current.fault}`];
    if ('points' in before) return { points: before.points, from: 'previous', faults: fault };
    return { points: [], from: 'none', faults: before.missing ? fault : [...fault, `${this.previous}: ${before.fault}`] };
  }

  /** Replaces the state. @throws what the disk said; the last good state is then still there */
  save(points: readonly StoredPoint[]): void {
    const octets = Buffer.from(formatState(points));
    if (octets.length > MAX_STATE_OCTETS) throw new StateError(`the state has ${octets.length} octets, over ${MAX_STATE_OCTETS}`);
    const known = statOf(this.file);
    if (known && !known.isFile()) throw new StateError('it is no plain file');
    const fresh = `${this.file}.new`;
    try {
      this.#write(fresh, octets);
      if (known && this.#isGood) this.#keepPrevious();
      this.#disk.rename(fresh, this.file);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
    this.#isGood = true;
    this.#flushFolder();
  }

  #write(file: string, octets: Uint8Array): void {
    rmSync(file, { force: true }); // left by a process that was killed; a link is removed, not followed
    const descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      for (let at = 0; at < octets.length; ) at += this.#disk.write(descriptor, octets, at);
      this.#disk.flush(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** A second name for the state that is about to be replaced. Where the file system has no hard links there is none. */
  #keepPrevious(): void {
    const link = `${this.previous}.new`;
    try {
      rmSync(link, { force: true });
      linkSync(this.file, link);
      renameSync(link, this.previous);
    } catch {
      rmSync(link, { force: true });
    }
  }

  /** So that the new name is on disk too. Some file systems cannot; the rename holds without it, a little later. */
  #flushFolder(): void {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(dirname(this.file), constants.O_RDONLY);
      fsyncSync(descriptor);
    } catch {
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }
}

type Read = { readonly points: StoredPoint[] } | { readonly fault: string; readonly missing: boolean };

function tryRead(file: string): Read {
  let descriptor: number | undefined;
  try {
    // Not to wait for a writer, should it be a FIFO.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const fault = objectionTo(fstatSync(descriptor));
    return fault === undefined ? { points: parseState(readAll(descriptor)) } : { fault, missing: false };
  } catch (error) {
    if (error instanceof StateError) return { fault: error.message, missing: false };
    const { code = 'unknown', message } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') return { fault: 'it is a symbolic link', missing: false };
    return { fault: code === 'ENOENT' ? 'there is no such file' : message, missing: code === 'ENOENT' };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function objectionTo(stats: Stats): string | undefined {
  if (!stats.isFile()) return 'it is no plain file';
  if ((stats.mode & 0o022) !== 0) return 'others than its owner may write it';
  if (stats.size > MAX_STATE_OCTETS) return `it has ${stats.size} octets, over ${MAX_STATE_OCTETS}`;
  return undefined;
}

/** No more than the bound, even should the file grow meanwhile. */
function readAll(descriptor: number): string {
  const octets = Buffer.alloc(Math.min(fstatSync(descriptor).size, MAX_STATE_OCTETS));
  let length = 0;
  for (let got = 1; got > 0 && length < octets.length; length += got)
    got = readSync(descriptor, octets, length, octets.length - length, null);
  return octets.toString('utf8', 0, length);
}

function statOf(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
