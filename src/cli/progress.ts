/** A progress bar on standard error, where that is a terminal; elsewhere nothing. */

import { SingleBar } from 'cli-progress';

export interface Progress {
  step(): void;
  /** Must be called at the end, whatever it is. */
  end(): void;
}

/** Shows how many of `total` are done. */
export function openProgress(total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { step() {}, end() {} };
  const bar = new SingleBar({
    stream,
    format: '{bar} {value} of {total} domains, {eta_formatted} to go',
    barCompleteChar: '=',
    barIncompleteChar: ' ',
    clearOnComplete: true,
    hideCursor: false,
    fps: 5,
    etaBuffer: 200,
  });
  bar.start(total, 0);
  return { step: () => bar.increment(), end: () => bar.stop() };
}
