/**
 * Logs: one JSON object a line, by pino, to standard error or to a file. The file is made with mode 0600, no link is followed to it, and it
 * is bounded: past its limit it is renamed to `FILE.1`, in place of the one before.
 */

import { closeSync, constants, fchmodSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import { systemFault } from './config/system-fault.ts';

export type { Logger } from 'pino';

/** Octets after which a log file makes room. */
export const MAX_LOG_OCTETS = 100_000_000;

export interface LogSettings {
  readonly level: string;
  /** Undefined: standard error. */
  readonly file?: string | undefined;
  readonly maxOctets?: number;
}

/** A log that cannot be written, with a sentence why. */
export class LogError extends Error {
  override readonly name = 'LogError';
}

interface LogFile {
  write(line: string): void;
  close(): void;
}

function openAppending(file: string): { readonly descriptor: number; readonly octets: number } {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    throw new LogError(`${file} cannot be opened: ${systemFault(error)}`);
  }
  const status = fstatSync(descriptor);
  if (!status.isFile()) {
    closeSync(descriptor);
    throw new LogError(`${file} is no regular file`);
  }
  fchmodSync(descriptor, 0o600);
  return { descriptor, octets: status.size };
}

function openLogFile(file: string, maxOctets: number): LogFile {
  let { descriptor, octets } = openAppending(file);
  return {
    write(line) {
      if (octets > maxOctets) {
        closeSync(descriptor);
        renameSync(file, `${file}.1`);
        ({ descriptor, octets } = openAppending(file));
      }
      octets += writeSync(descriptor, line);
    },
    close: () => closeSync(descriptor),
  };
}

/** Opens the log. Lines are written at once, so the last one before an end is there. @throws {LogError} when the file cannot be written */
export function openLog({ level, file, maxOctets = MAX_LOG_OCTETS }: LogSettings): { readonly log: Logger; readonly close: () => void } {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime };
  if (file === undefined) return { log: pino(options, pino.destination({ fd: 2, sync: true })), close: () => {} };
  const destination = openLogFile(file, maxOctets);
  return { log: pino(options, destination), close: destination.close };
}
