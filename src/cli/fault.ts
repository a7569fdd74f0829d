/** Faults that are the operator's to mend: each is one clear line on standard error and an exit status, never a stack. */

import { NameError } from '../base/name.ts';
import { EndpointError, PrefixError } from '../base/prefix.ts';
import { QuestionError } from '../base/question-text.ts';
import { ConfigError, FileError } from '../config.ts';
import { FrontError } from '../front.ts';
import { LogError } from '../log.ts';
import { ListError } from '../preflight/domain-list.ts';
import { BindError } from '../server/bind-error.ts';

/** Exit statuses of all commands. */
export const exitStatus = {
  ok: 0,
  /** It could not be started or done. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** The answer is bogus; of `daneverify`: mail would not be delivered; of `preflight`: some mail stops. */
  bogus: 3,
  /** The answer could not be had, or could not be judged. */
  indeterminate: 4,
} as const;

/** A fault that a command found by itself. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const usageFaults = [ConfigError, QuestionError, NameError, EndpointError, PrefixError, ListError];
const startFaults = [CommandError, FileError, FrontError, LogError, BindError];

/** The line and exit status of a fault; undefined for what is our own fault and should be seen with its stack. */
export function describeFault(error: unknown): { readonly line: string; readonly status: number } | undefined {
  if (usageFaults.some((fault) => error instanceof fault)) return { line: (error as Error).message, status: exitStatus.usage };
  if (startFaults.some((fault) => error instanceof fault)) return { line: (error as Error).message, status: exitStatus.failed };
  return undefined;
}
