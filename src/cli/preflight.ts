/**
 * `zeker preflight FILE`: which domains' mail stops when DANE is switched on, for a whole list, in this process. It can be ended at any
 * moment and goes on where it was.
 */

import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { systemFault } from '../config/system-fault.ts';
import { type Config, defaultConfig, loadConfig } from '../config.ts';
import { createDaneCheck } from '../dane/check.ts';
import { openResolver } from '../main.ts';
import { type DomainList, listLimits, readDomainList } from '../preflight/domain-list.ts';
import { limitPerServer } from '../preflight/per-server.ts';
import { type Judge, makePlan, type PlanSettings, type SmtpRoute } from '../preflight/plan.ts';
import { formatCsv, formatJson, formatTable, makeReport, type PreflightReport } from '../preflight/report.ts';
import type { PreflightRow } from '../preflight/row.ts';
import { runPreflight } from '../preflight/run.ts';
import { CommandError, exitStatus } from './fault.ts';
import { loadState, saveState, stateKey } from './preflight-state.ts';
import { openProgress } from './progress.ts';
import { untilSignal } from './serve.ts';
import { writeWhole } from './write-file.ts';

export interface PreflightOptions {
  readonly config?: string;
  /** In place of `preflight.policy` of the configuration. */
  readonly mandatory?: boolean;
  readonly judge: Judge;
  readonly column?: string;
  /** Beside those of the configuration. */
  readonly route: readonly SmtpRoute[];
  readonly internal: readonly string[];
  /** Domains checked at once. */
  readonly atOnce: number;
  /** Queries at one name server at once. */
  readonly perServer: number;
  readonly csv?: string;
  readonly json?: string;
  /** A file; false: none. Unless told, the list's name with `.preflight` behind it. */
  readonly state?: string | boolean;
}

const STANDARD_INPUT = '-';
/** Milliseconds between two writes of the state: what a kill can cost. */
const SAVE_EVERY_MS = 2_000;

interface Output {
  readonly write: (text: string) => void;
  /** What happens meanwhile, for people. */
  readonly tell: (line: string) => void;
}

/** Checks the list, prints the report and writes the files asked for; returns the exit status. */
export async function preflight(file: string, options: PreflightOptions, { write, tell }: Output): Promise<number> {
  const list = readDomainList(readList(file), options.column === undefined ? {} : { column: options.column });
  if (list.domains.length === 0 && list.unreadCount === 0) throw new CommandError(`${nameOf(file)} names no domain`);
  const config = options.config === undefined ? defaultConfig() : loadConfig(options.config);
  const settings: PlanSettings = {
    policy: options.mandatory ? 'mandatory' : config.preflight.policy,
    judge: options.judge,
    routes: [...config.preflight.routes, ...options.route],
    internalDomains: [...config.preflight.internalDomains, ...options.internal],
  };
  const keptIn = stateFile(file, options.state);
  const rows = await checkAll(list, settings, config, options, keptIn, tell);
  const report = makeReport(list, settings, rows);
  if (options.csv !== undefined) writeWhole(options.csv, formatCsv(report));
  if (options.json !== undefined) writeWhole(options.json, formatJson(report));
  write(formatTable(report));
  if (keptIn !== undefined) rmSync(keptIn, { force: true }); // the next run asks anew
  return statusOf(report);
}

/** Of a list that could not be read in full nobody can tell either. */
function statusOf({ held, summary }: PreflightReport): number {
  if (held.length > 0) return exitStatus.bogus;
  return summary.counts['cannot-tell'] + summary.unreadCount > 0 ? exitStatus.indeterminate : exitStatus.ok;
}

const nameOf = (file: string) => (file === STANDARD_INPUT ? 'standard input' : file);

function stateFile(file: string, state: PreflightOptions['state']): string | undefined {
  if (typeof state === 'string') return state;
  return state === false || file === STANDARD_INPUT ? undefined : `${file}.preflight`;
}

/** No more of it than is allowed, for it may be a pipe that never ends. */
function readList(file: string): Uint8Array {
  try {
    const descriptor = file === STANDARD_INPUT ? 0 : openSync(file, 'r');
    try {
      const octets = Buffer.alloc(listLimits.octets + 1);
      let length = 0;
      for (let got = 1; got > 0 && length < octets.length; length += got)
        got = readSync(descriptor, octets, length, octets.length - length, null);
      return octets.subarray(0, length);
    } finally {
      if (descriptor !== 0) closeSync(descriptor);
    }
  } catch (error) {
    throw new CommandError(`${nameOf(file)} cannot be read: ${systemFault(error)}`);
  }
}

async function checkAll(
  list: DomainList,
  settings: PlanSettings,
  config: Config,
  { atOnce, perServer }: PreflightOptions,
  file: string | undefined,
  tell: Output['tell'],
): Promise<readonly PreflightRow[]> {
  const ended = new AbortController();
  void untilSignal().then(() => ended.abort());
  const kept = file === undefined ? undefined : openKept(file, list, settings, config, tell);
  const { resolver, close } = openResolver(config, { throttle: (exchange) => limitPerServer(exchange, perServer) });
  const progress = openProgress(list.domains.length);
  try {
    const { ready, reasons } = await resolver.prepare();
    if (!ready) throw new CommandError(`nothing can be judged: ${reasons.join(' ')}`);
    const check = createDaneCheck({ resolver, now });
    const rows: PreflightRow[] = [];
    const known = kept?.known ?? new Map();
    for await (const row of runPreflight(list.domains, makePlan(settings), { check, atOnce, known, signal: ended.signal })) {
      rows.push(row);
      progress.step();
      kept?.note(rows);
    }
    if (rows.length < list.domains.length) {
      kept?.save(rows);
      throw new CommandError(
        `ended after ${rows.length} of ${list.domains.length} domains${kept ? '; the same command goes on from there' : ''}`,
      );
    }
    kept?.save(rows);
    return rows;
  } finally {
    progress.end();
    close();
  }
}

const now = () => Math.floor(Date.now() / 1000);

/** The state file of this run, tried at once: a fault is better told before an hour's work than after it. */
function openKept(file: string, list: DomainList, settings: PlanSettings, config: Config, tell: Output['tell']) {
  const { resolver, root, trust, validation } = config;
  const key = stateKey(list, settings, { resolver, root, trust, validation });
  const loaded = loadState(file, key, now());
  if (typeof loaded === 'string') tell(`${file} is begun anew: ${loaded}`);
  const { rows: before, begun } = typeof loaded === 'object' ? loaded : { rows: [], begun: now() };
  // What could not be told then is asked again.
  const save = (rows: readonly PreflightRow[]) =>
    saveState(file, key, { begun, rows: rows.filter(({ outcome }) => outcome !== 'cannot-tell') });
  save(before);
  if (before.length > 0) tell(`going on from ${file}: ${before.length} of ${list.domains.length} domains are known`);
  let savedMs = performance.now();
  return {
    known: new Map(before.map((row) => [row.domain, row])),
    save,
    note(rows: readonly PreflightRow[]) {
      if (performance.now() - savedMs < SAVE_EVERY_MS) return;
      save(rows);
      savedMs = performance.now();
    },
  };
}
