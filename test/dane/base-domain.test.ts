import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/base/name.ts';
import type { ValidationState } from '../../src/base/validation.ts';
import { findBaseDomains, tlsaOwner } from '../../src/dane/base-domain.ts';
import type { AliasLink } from '../../src/resolver/resolution.ts';
import { states } from './scripted-resolver.ts';

const HOST = parseName('mx.example');

function chain(...links: readonly (readonly [target: string, state: ValidationState])[]): AliasLink[] {
  let owner = HOST;
  return links.map(([target, state]) => {
    const link = { owner, target: parseName(target), validation: states[state] };
    owner = link.target;
    return link;
  });
}

describe('RFC 7672 §2.2.2, §2.2.3: TLSA base domains', () => {
  test.each([
    { title: 'no alias, secure', links: chain(), secure: true, want: ['no-alias', 'mx.example.'] },
    { title: 'no alias, insecure', links: chain(), secure: false, want: ['no-alias'] },
    {
      title: '(a) whole chain secure: expanded, then original',
      links: chain(['mx.test', 'secure']),
      secure: true,
      want: ['chain-secure', 'mx.test.', 'mx.example.'],
    },
    {
      title: '(a) names in between never',
      links: chain(['mid.test', 'secure'], ['end.test', 'secure']),
      secure: true,
      want: ['chain-secure', 'end.test.', 'mx.example.'],
    },
    {
      title: '(b) target insecure: original only',
      links: chain(['mx.test', 'secure']),
      secure: false,
      want: ['first-link-secure', 'mx.example.'],
    },
    {
      title: '(b) second link insecure: original only',
      links: chain(['mid.test', 'secure'], ['end.test', 'insecure']),
      secure: false,
      want: ['first-link-secure', 'mx.example.'],
    },
    {
      title: '(b) second link insecure, addresses called secure: still original only',
      links: chain(['mid.test', 'secure'], ['end.test', 'insecure']),
      secure: true,
      want: ['first-link-secure', 'mx.example.'],
    },
    { title: '(c) first link insecure: none', links: chain(['mx.test', 'insecure']), secure: false, want: ['first-link-insecure'] },
    {
      title: '(c) first link insecure, target secure: none',
      links: chain(['mx.test', 'insecure']),
      secure: true,
      want: ['first-link-insecure'],
    },
    { title: 'a bogus link: none', links: chain(['mid.test', 'secure'], ['end.test', 'bogus']), secure: false, want: ['chain-failed'] },
    { title: 'a failed link: none', links: chain(['mid.test', 'indeterminate']), secure: false, want: ['chain-failed'] },
  ])('$title', ({ links, secure, want }) => {
    const { rule, candidates } = findBaseDomains(HOST, links, secure);
    expect([rule, ...candidates.map(formatName)]).toEqual(want);
  });
});

test('RFC 6698 §3: the owner of TLSA records', () => {
  expect(formatName(tlsaOwner(HOST, 587) ?? HOST)).toBe('_587._tcp.mx.example.');
});

test('a base domain too long for its TLSA owner has none', () => {
  const long = parseName([...['a', 'b', 'c', 'd'].map((letter) => letter.repeat(62)), 'x'].join('.'));
  expect(long.wire.length).toBe(255);
  expect(tlsaOwner(long, 25)).toBeUndefined();
});
