/** The HTTP service over a scripted resolver. */

import type { FastifyInstance } from 'fastify';
import { type CheckDane, createDaneCheck } from '../../src/dane/check.ts';
import { type AppDeps, buildApp } from '../../src/http/app.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { NOW, type Script, scriptedResolver } from '../dane/scripted-resolver.ts';

export interface Built {
  readonly app: FastifyInstance;
  /** Questions that came to the resolver. */
  readonly asked: readonly string[];
}

export function appFor(script: Script, deps: Partial<AppDeps> = {}): Built {
  const resolver = scriptedResolver(script);
  const app = buildApp({
    resolver,
    checkDane: createDaneCheck({ resolver, now: () => NOW }),
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: createMetrics(),
    access: () => true,
    hosts: [],
    version: '0.0.0-test',
    now: () => NOW,
    ...deps,
  });
  return { app, asked: resolver.asked };
}

/** A check that waits until it is told to go on; counts how often it was started. */
export function heldCheck(check: CheckDane): { readonly check: CheckDane; readonly started: () => number; readonly release: () => void } {
  let started = 0;
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    check: async (...args) => {
      started++;
      await gate;
      return check(...args);
    },
    started: () => started,
    release: () => release(),
  };
}
