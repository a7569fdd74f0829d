/** The progress bar: on a terminal alone. */

import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { openProgress } from '../../src/cli/progress.ts';

function streamOf(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80, cursorTo() {}, clearLine() {}, moveCursor() {} });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => String(stream.read() ?? '') };
}

test.each([
  { isTTY: true, says: /3 of 10 domains/ },
  { isTTY: false, says: /^$/ },
])('terminal: $isTTY', ({ isTTY, says }) => {
  const { stream, text } = streamOf(isTTY);
  const progress = openProgress(10, stream);
  for (let i = 0; i < 3; i++) progress.step();
  progress.end();
  expect(text()).toMatch(says);
});
