/**
 * How far a preflight has come, kept in a file so that it can go on after whatever ended it. The file is replaced whole (written beside,
 * then renamed) and is only the owner's to read, for it tells who mails whom. It goes on only with the same list and the same settings.
 */

import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { systemFault } from '../config/system-fault.ts';
import type { DomainList } from '../preflight/domain-list.ts';
import { outcomes } from '../preflight/judge.ts';
import { danePolicies, type PlanSettings } from '../preflight/plan.ts';
import type { PreflightRow } from '../preflight/row.ts';
import { CommandError } from './fault.ts';

const VERSION = 1;
/** 100,000 rows have some 20 MB. */
const MAX_OCTETS = 64 * 1024 * 1024;
/** Seconds; verdicts that are older are not worth keeping. */
const MAX_AGE = 86_400;

/** What one run was about: another list, other settings or another resolver, and what it found is of no use. */
export function stateKey(list: DomainList, settings: PlanSettings, resolving: unknown): string {
  const domains = list.domains.map(({ text, policy }) => [text, policy]);
  return createHash('sha256')
    .update(JSON.stringify([VERSION, settings, resolving, domains]))
    .digest('hex');
}

export interface KeptState {
  readonly rows: readonly PreflightRow[];
  /** Seconds since the epoch. */
  readonly begun: number;
}

/** Reads the state of this run; a sentence where there is one that cannot be used, undefined where there is none. @param now seconds since the epoch */
export function loadState(file: string, key: string, now: number): KeptState | string | undefined {
  let text: string;
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile() || (stats.mode & 0o022) !== 0 || stats.size > MAX_OCTETS)
        throw new CommandError(`${file} is no state of a preflight, or others may write it: remove it, or name another with --state`);
      text = readFileSync(descriptor, 'utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`${file} cannot be read: ${systemFault(error)}; --state names another, --no-state does without`);
  }
  const state = tryParse(text);
  if (!state) throw new CommandError(`${file} is no state of a preflight: remove it, or name another with --state`);
  if (state.key !== key) return 'it is of another list or of other settings';
  if (now - state.begun > MAX_AGE || state.begun > now) return 'it is more than a day old';
  return state;
}

/** Replaces the state. @throws {CommandError} what the disk said */
export function saveState(file: string, key: string, state: KeptState): void {
  const fresh = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    const known = lstatSync(file, { throwIfNoEntry: false });
    if (known && !known.isFile()) throw new CommandError(`${file} is no plain file: name another with --state`);
    const descriptor = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
    try {
      writeFileSync(descriptor, JSON.stringify({ version: VERSION, key, ...state }));
    } finally {
      closeSync(descriptor);
    }
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be written: ${systemFault(error)}; --state names another, --no-state does without`);
  }
}

function tryParse(text: string): (KeptState & { readonly key: string }) | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, key, begun, rows } = value as Record<string, unknown>;
  if (version !== VERSION || typeof key !== 'string' || typeof begun !== 'number') return undefined;
  return Array.isArray(rows) && rows.every(isRow) ? { key, begun, rows } : undefined;
}

function isRow(value: unknown): value is PreflightRow {
  if (typeof value !== 'object' || value === null) return false;
  const { domain, outcome, reason, policy, internal, detail } = value as Record<string, unknown>;
  return (
    typeof domain === 'string' &&
    typeof reason === 'string' &&
    (outcomes as readonly unknown[]).includes(outcome) &&
    (danePolicies as readonly unknown[]).includes(policy) &&
    (internal === undefined || internal === true) &&
    (detail === undefined || typeof detail === 'string')
  );
}
