import { describe, expect, test } from 'vitest';
import { readAnchors } from '../../src/trust/read-anchors.ts';
import { parseRootAnchorsXml } from '../../src/trust/root-anchors-xml.ts';
import { keyTagsOf } from '../../src/trust/trust-point.ts';
import { ZoneTextError } from '../../src/wire/zone-text.ts';
import { makeKey } from '../vectors/signed-zone.ts';

const at = (text: string) => Date.parse(text) / 1000;

/** The form of IANA's file (RFC 9718 §2.1); digests are those that IANA published. */
const xml = `<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="380DC50D-484E-40D0-A3AE-68F2B18F61C7" source="http://data.iana.org/root-anchors/root-anchors.xml">
  <Zone>.</Zone>
  <!-- comments - such as this - are passed over -->
  <KeyDigest id="Kjqmt7v" validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00">
    <KeyTag>19036</KeyTag>
    <Algorithm>8</Algorithm>
    <DigestType>2</DigestType>
    <Digest>49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5</Digest>
  </KeyDigest>
  <KeyDigest id="Klajeyz" validFrom="2017-02-02T00:00:00+00:00">
    <KeyTag>20326</KeyTag>
    <Algorithm>8</Algorithm>
    <DigestType>2</DigestType>
    <Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest>
  </KeyDigest>
  <KeyDigest id="Kmyv6jo" validFrom='2024-07-18T00:00:00+00:00'>
    <KeyTag>38696</KeyTag>
    <Algorithm>8</Algorithm>
    <DigestType>2</DigestType>
    <Digest>683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16</Digest>
  </KeyDigest>
</TrustAnchor>
`;

test.each([
  ['2010-07-14T23:59:59Z', []],
  ['2010-07-15T00:00:00Z', [19036]],
  ['2018-10-11T00:00:00Z', [19036, 20326]],
  ['2019-01-10T23:59:59Z', [19036, 20326]],
  ['2019-01-11T00:00:00Z', [20326]],
  ['2026-11-24T00:00:00Z', [20326, 38696]],
])('RFC 9718 §2.1, validFrom and validUntil at %s', (moment, tags) => {
  expect(readAnchors(xml, 'xml')(at(moment)).flatMap(keyTagsOf)).toEqual(tags);
});

test('a key beside its digest is read, and must be that of the digest', () => {
  const key = makeKey({ algorithm: 13 });
  const [first] = parseRootAnchorsXml(xml, 'xml');
  expect(first?.dnskey).toBeUndefined();
  const withKey = xml.replace(
    '</Digest>\n  </KeyDigest>\n</TrustAnchor>',
    `</Digest>
    <PublicKey>${key.rdata.subarray(4).toString('base64')}</PublicKey>
    <Flags>257</Flags>
  </KeyDigest>
</TrustAnchor>`,
  );
  expect(() => parseRootAnchorsXml(withKey, 'xml')).toThrow(/xml:\d+: the Digest is not that of the PublicKey/);
});

test('records are still records', () => {
  const ds = '. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D';
  expect(readAnchors(ds, 'file')(0).flatMap(keyTagsOf)).toEqual([20326]);
});

describe('refused, with file and line', () => {
  test.each<[string, string, string]>([
    ['a DTD', xml.replace('<TrustAnchor', '<!DOCTYPE x [<!ENTITY y "z">]>\n<TrustAnchor'), 'xml:2: this is no XML'],
    ['an entity', xml.replace('<Zone>.', '<Zone>&#46;'), 'xml:3: this is no XML'],
    ['CDATA', xml.replace('<Zone>.', '<Zone><![CDATA[.]]>'), 'xml:3: this is no XML'],
    ['an element of another kind', xml.replace('<KeyTag>20326', '<Extra/><KeyTag>20326'), 'xml:12: a KeyDigest has no Extra'],
    ['one that is twice', xml.replace('<KeyTag>20326', '<KeyTag>1</KeyTag><KeyTag>20326'), 'xml:11: a KeyDigest has one KeyTag'],
    ['no validFrom', xml.replace(' validFrom="2017-02-02T00:00:00+00:00"', ''), 'xml:11: a KeyDigest has a validFrom'],
    ['a moment without its zone', xml.replace('2017-02-02T00:00:00+00:00', '2017-02-02T00:00:00'), 'xml:11: validFrom is a moment'],
    ['a moment that is none', xml.replace('2017-02-02', '2017-13-02'), 'xml:11: validFrom is a moment'],
    ['an attribute twice', xml.replace('id="Klajeyz"', 'id="a" id="b"'), 'xml:11: the attribute id stands twice'],
    ['a digest cut short', xml.replace('C7F8EC8D', ''), 'xml:11: a digest of type 2 has 32 octets, this one 28'],
    ['a digest that is none', xml.replace('E06D44B8', 'E06D44Bx'), 'xml:11: Digest is hexadecimal'],
    ['a key tag too large', xml.replace('>20326<', '>70326<'), 'xml:11: KeyTag is a number up to 65535'],
    ['two zones', xml.replace('</Zone>', '</Zone><Zone>.</Zone>'), 'xml:2: a TrustAnchor has one Zone'],
    ['no zone', xml.replace('<Zone>.</Zone>', ''), 'xml:2: a TrustAnchor has one Zone'],
    ['another document', '<html><body></body></html>', 'xml:1: the outermost element is TrustAnchor, not html'],
    ['an end missing', xml.replace('</TrustAnchor>', ''), 'it has one outermost element'],
    ['tags crossed', xml.replace('</Zone>', '</Zona>'), 'xml:3: </Zona> closes nothing'],
    ['text beside it', `${xml}x`, 'it has one outermost element'],
    ['a second declaration', `${xml}<?xml version="1.0"?>`, 'a declaration stands first'],
    ['nothing but a beginning', '<', 'xml:1: this is no XML'],
    ['elements too deep', '<a>'.repeat(20), 'xml:1: there are too many elements'],
    ['too much', `<a>${'x'.repeat(1_000_000)}</a>`, 'xml:1: it has more than'],
  ])('%s', (_title, text, says) => {
    expect(() => readAnchors(text, 'xml')).toThrow(ZoneTextError);
    expect(() => readAnchors(text, 'xml')).toThrow(says);
  });
});
