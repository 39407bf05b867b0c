import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IANA special-purpose registries: what is not reached over the internet, or leads somewhere else than it says. */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // Link-local; 169.254.169.254 tells the secrets of machines in clouds.
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** Within 2000::/3; what is outside is not public at all: loopback, mapped, ULA, link-local, multicast. */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = listOf(special4, 'ipv4');
const special6List = listOf(special6, 'ipv6');
const global6 = listOf(['2000::/3'], 'ipv6');
const translated = listOf(['64:ff9b::/96'], 'ipv6');

/** An address that anybody on the internet could reach. False for what is no address. */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  // A zone (`%eth0`) belongs to an address of this machine's own link.
  if (!isIPv6(address) || address.includes('%')) return false;
  // RFC 6052: where there is only IPv6, the address of an IPv4 host.
  if (translated.check(address, 'ipv6')) return !special.check(lastFour(address), 'ipv4');
  return global6.check(address, 'ipv6') && !special6List.check(address, 'ipv6');
}

/** The last 32 bits as an IPv4 address. */
function lastFour(address: string): string {
  const { hostname } = new URL(`http://[${address}]`);
  const [high, low] = hostname
    .slice(1, -1)
    .split(':')
    .slice(-2)
    .map((group) => Number.parseInt(group || '0', 16));
  return [high! >> 8, high! & 255, low! >> 8, low! & 255].join('.');
}

function listOf(networks: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address, bits] = network.split('/');
    list.addSubnet(address!, Number(bits), family);
  }
  return list;
}
