/** IP addresses as octets (RFC 4291 §2.2 has the text forms). */

/** The 4 or 16 octets of an address literal; a zone index (`%eth0`) is ignored. What is no address gives octets that mean nothing. */
export function addressOctets(literal: string): Uint8Array {
  const [address = ''] = literal.split('%');
  if (!address.includes(':')) return Uint8Array.from(address.split('.'), Number);
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`;
  });
  const [head = [], tail = []] = hexadecimal.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}
