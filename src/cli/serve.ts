/** `zeker serve`: the service in the foreground until a signal ends it. */

import { defaultConfig, loadConfig } from '../config.ts';
import { startService } from '../main.ts';

/** Resolves after SIGTERM or SIGINT, once the service has stopped. */
export async function serve({ config }: { readonly config?: string }): Promise<void> {
  const ended = untilSignal(); // from now on: a signal that comes while it starts is obeyed once it has
  const service = await startService(config === undefined ? defaultConfig() : loadConfig(config));
  await ended;
  await service.stop();
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process as the system does by itself. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const end = (signal: NodeJS.Signals) => {
      process.removeListener('SIGTERM', end);
      process.removeListener('SIGINT', end);
      resolve(signal);
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
}
