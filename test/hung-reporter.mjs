/**
 * Vitest's own timeouts run in the process that runs the test: one that never comes back from a call, or loops without end, is waited for
 * for ever. This reporter runs outside. Once a file has said nothing for too long it tells which, where its process stands, and ends the run.
 */

import { readdirSync, readFileSync } from 'node:fs';

/** Longer than any one test may take by its own timeout and that of its hooks together. */
const SILENCE_MS = Number(process.env.ZEKER_TEST_SILENCE_MS ?? 240_000);
const LOOK_MS = Math.min(10_000, SILENCE_MS / 4);

export default class HungReporter {
  /** What each file said last, and when. */
  #files = new Map();
  /** The last results of a file may come after its end. */
  #ended = new Set();
  #timer;

  onTestRunStart() {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  onTestRunEnd() {
    clearInterval(this.#timer);
  }

  onTestModuleQueued({ moduleId }) {
    this.#heard(moduleId, 'queued');
  }

  onTestModuleStart({ moduleId }) {
    this.#heard(moduleId, 'started');
  }

  onTestModuleEnd({ moduleId }) {
    this.#files.delete(moduleId);
    this.#ended.add(moduleId);
  }

  onTestCaseReady(test) {
    this.#heard(test.module.moduleId, `begins ${test.fullName}`);
  }

  onTestCaseResult(test) {
    this.#heard(test.module.moduleId, `ended ${test.fullName}`);
  }

  #heard(file, what) {
    if (!this.#ended.has(file)) this.#files.set(file, { what, at: performance.now() });
  }

  #look() {
    const silent = [...this.#files].filter(([, { at }]) => performance.now() - at > SILENCE_MS);
    if (silent.length === 0) return;
    clearInterval(this.#timer);
    for (const [file, { what }] of silent) console.error(`\nhung: ${file}, which last said: ${what}`);
    for (const pid of childrenOf(process.pid)) end(pid);
    process.exit(1);
  }
}

function childrenOf(parent) {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.map(Number).filter((pid) => statOf(`/proc/${pid}/stat`)[1] === String(parent));
}

/** State, parent and so on of a process or thread, without its number and name; empty once it is gone. */
function statOf(file) {
  const text = tryRead(file);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function tryRead(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Tells of its threads the state, the CPU time in ticks and what they wait for in the system. Nobody else would end it. */
function end(pid) {
  console.error(`process ${pid}: ${tryRead(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200)}`);
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const at = `/proc/${pid}/task/${thread}`;
    const stat = statOf(`${at}/stat`);
    console.error(`  ${tryRead(`${at}/comm`).trim()} ${stat[0]} ${stat[11]}+${stat[12]} ${tryRead(`${at}/wchan`)}`);
  }
  process.kill(pid, 'SIGKILL');
}
