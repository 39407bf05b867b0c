import { isIP, isIPv4, isIPv6 } from 'node:net';

/** Under what an address counts. */
interface Network {
  /** The address itself (IPv4), or its /64, which one subscriber has for himself. */
  readonly narrow: string;
  /** The /48 around it, which one site or one tunnel broker's customer has; null for IPv4. */
  readonly wide: string | null;
}

/** Takes the text of an address; what is none counts as it is, so nobody escapes by sending nonsense. */
export function networkOf(address: string): Network {
  const groups = groupsOf(address);
  if (!groups) return { narrow: address, wide: null };
  const mapped = mappedIpv4(groups);
  if (mapped) return { narrow: mapped, wide: null };
  const prefix = (count: number): string =>
    groups
      .slice(0, count)
      .map((group) => group.toString(16))
      .join(':');
  return { narrow: `${prefix(4)}::/64`, wide: `${prefix(3)}::/48` };
}

/** The part that stays when a provider gives out another address: IPv4 /24, IPv6 /48; `unknown` for no address. */
export function siteOf(address: string): string {
  const { narrow, wide } = networkOf(address);
  if (wide) return wide;
  return isIPv4(narrow) ? `${narrow.split('.').slice(0, 3).join('.')}.0/24` : 'unknown';
}

/** An address or a network (CIDR) in the spelling in which addresses are stored; null for what is neither. */
export function canonicalNetwork(text: string): string | null {
  const [address = '', bits, ...rest] = text.trim().split('/');
  const kind = address.includes('%') ? 0 : isIP(address);
  if (kind === 0 || rest.length > 0) return null;
  const plain = canonicalAddress(address);
  if (bits === undefined) return plain;
  const most = kind === 6 ? 128 : 32;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) return null;
  return Number(bits) === most ? plain : `${plain}/${Number(bits)}`;
}

/** RFC 5952, as Node writes the addresses of its peers; an IPv4 address in an IPv6 one is stored as IPv4. */
function canonicalAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2), or null. */
function groupsOf(address: string): number[] | null {
  const [plain = ''] = address.split('%');
  if (!plain.includes(':')) return null;
  const [head = '', tail, ...rest] = plain.split('::');
  if (rest.length > 0) return null;
  const [left, right] = [parts(head), tail === undefined ? [] : parts(tail)];
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...Array.from({ length: missing }, () => 0), ...right];
  return groups.every((group) => Number.isInteger(group) && group >= 0 && group <= 0xffff) ? groups : null;
}

function parts(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [/^[\da-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : Number.NaN];
    const bytes = part.split('.').map(Number);
    return [bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!];
  });
}

/** `::ffff:192.0.2.1`, however it is spelled. */
function mappedIpv4(groups: readonly number[]): string | null {
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return null;
  return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.');
}
