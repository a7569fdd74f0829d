#!/usr/bin/env node
/**
 * Plants the faults of catalogue/ one at a time into a copy of the source, and demands that the tests named with each fault fail.
 * A fault that no test notices is alive; one whose text is no longer found exactly once is stale. Either ends with exit code 1.
 *
 *     node test/mutants/run.mjs [WORD ...]     only the mutants that have one of these words in their lesson or file
 */

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutants } from './catalogue.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 60_000;
/** For all test files at once, before the first fault is planted. */
const SOUND_TIMEOUT_MS = 300_000;
const LANES = Math.min(2, availableParallelism());
const COPIED = ['src', 'test', 'trust-anchors', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

function makeCopy(base, lane) {
  const directory = join(base, `lane${lane}`);
  mkdirSync(directory);
  for (const name of COPIED) cpSync(join(root, name), join(directory, name), { recursive: true });
  // Threads run compiled (npm run build): no fault is planted in those.
  for (const name of ['node_modules', 'dist']) symlinkSync(join(root, name), join(directory, name));
  return directory;
}

/** @returns {Promise<{ outcome: 'passed' | 'failed' | 'hung' | 'broken', by: string }>} */
function runTests(directory, tests, timeoutMs = TIMEOUT_MS) {
  const report = join(directory, 'report.json');
  rmSync(report, { force: true });
  const args = [join('node_modules', 'vitest', 'vitest.mjs'), 'run', '--bail=1', '--reporter=json', `--outputFile=${report}`, ...tests];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: directory, stdio: 'ignore', detached: true });
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      process.kill(-child.pid, 'SIGKILL'); // its workers too
    }, timeoutMs);
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (hung) return resolve({ outcome: 'hung', by: `no end within ${timeoutMs / 1000} s` });
      resolve(code === 0 ? { outcome: 'passed', by: '' } : readReport(report));
    });
  });
}

/** Only a test that failed counts: a copy that cannot be loaded at all would fail whatever the tests are worth. */
function readReport(report) {
  try {
    const results = JSON.parse(readFileSync(report, 'utf8')).testResults;
    const failed = results.flatMap(({ assertionResults }) => assertionResults).find(({ status }) => status === 'failed');
    if (failed) return { outcome: 'failed', by: failed.fullName };
    return { outcome: 'broken', by: results.find(({ message }) => message)?.message.split('\n')[0] ?? 'no test ran' };
  } catch (error) {
    return { outcome: 'broken', by: `no report: ${error.message}` };
  }
}

/** @returns {Promise<{ verdict: 'killed' | 'ALIVE' | 'STALE' | 'BROKEN', by: string }>} */
async function tryMutant(directory, { file, find, replace, tests, hang = false }) {
  const path = join(directory, file);
  const source = readFileSync(path, 'utf8');
  const found = source.split(find).length - 1;
  if (found !== 1) return { verdict: 'STALE', by: `its text is found ${found} times` };
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  try {
    const { outcome, by } = await runTests(directory, tests);
    if (outcome === 'failed' || (outcome === 'hung' && hang)) return { verdict: 'killed', by };
    return { verdict: outcome === 'passed' ? 'ALIVE' : 'BROKEN', by };
  } finally {
    writeFileSync(path, source);
  }
}

async function main() {
  const words = process.argv.slice(2);
  const chosen = mutants.filter(
    ({ lesson, file }) => words.length === 0 || words.some((word) => lesson.includes(word) || file.includes(word)),
  );
  if (chosen.length === 0) {
    console.error(`No mutant has any of these words: ${words.join(' ')}`);
    return 1;
  }
  const base = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    const lanes = Array.from({ length: LANES }, (_, lane) => makeCopy(base, lane));
    const sound = await runTests(lanes[0], [...new Set(chosen.flatMap(({ tests }) => tests))], SOUND_TIMEOUT_MS);
    if (sound.outcome !== 'passed') {
      console.error(`The unchanged copy does not pass: ${sound.outcome}, ${sound.by}`);
      return 1;
    }
    const rows = [];
    const queue = [...chosen];
    const work = async (directory) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const { verdict, by } = await tryMutant(directory, mutant);
        rows.push(verdict);
        console.log(`${verdict.padEnd(7)} ${mutant.lesson} | ${mutant.file.replace('src/', '')} | ${by.slice(0, 110)}`);
      }
    };
    await Promise.all(lanes.map(work));
    const killed = rows.filter((verdict) => verdict === 'killed').length;
    console.log(`${killed} killed, ${rows.length - killed} alive`);
    return killed === rows.length && rows.length > 0 ? 0 : 1;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

process.exitCode = await main();
