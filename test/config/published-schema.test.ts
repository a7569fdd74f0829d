/** The schema of the configuration as others read it: docs/config.schema.json, which `zeker config-schema` prints. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { publishedSchema } from '../../src/config/published-schema.ts';
import { run } from '../cli/run.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const published: unknown = JSON.parse(read('docs/config.schema.json'));

/** As anybody has it: strict, with no keyword and no format of ours. */
const validate = new Ajv2020().compile(published as object);

/** The blocks of a Markdown file in this language. */
function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => text as string);
}

test('docs/config.schema.json is what config-schema prints', async () => {
  expect(JSON.parse((await run('config-schema')).stdout)).toEqual(published);
  expect(publishedSchema()).toEqual(published);
});

describe('it accepts', () => {
  const examples = [
    { title: 'nothing at all', text: '{}' },
    { title: 'sections without keys', text: 'listen: {}\nresolver: {}\n' },
    { title: 'a zone with the keys that it must have', text: 'resolver: { stub: [{ zone: example, to: [192.0.2.1] }] }' },
    { title: 'an amount of memory in either form', text: 'cache: { maxMemory: 64MiB }' },
    { title: 'docker/zeker.yaml', text: read('docker/zeker.yaml') },
    ...blocks(read('README.md'), 'yaml').map((text, i) => ({ title: `example ${i + 1} of README.md`, text })),
  ];

  test.each(examples)('$title', ({ text }) => {
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });

  test('README.md has an example', () => {
    expect(examples.at(-1)?.title).toContain('README.md');
  });
});

test.each([
  'lissen: 1',
  'listen: { dns: [] }',
  'listen: { http: true }',
  'resolver: { stub: [{ zone: example }] }',
  'resolver: { upstreamPort: 0 }',
  'validation: { negativeTrustAnchors: [{ zone: example }] }',
  'log: { level: loud }',
])('it refuses %s', (text) => {
  expect(validate(parse(text))).toBe(false);
});

test('no default is null, and every key is told', () => {
  const walk = (schema: unknown, path: string): string[] => {
    const { properties = {}, ...rest } = schema as { properties?: Record<string, unknown>; default?: unknown; description?: string };
    const faults = rest.default === null || rest.description === undefined ? [path] : [];
    return [...faults, ...Object.entries(properties).flatMap(([key, value]) => walk(value, `${path}.${key}`))];
  };
  expect(walk(published, '')).toEqual([]);
});
