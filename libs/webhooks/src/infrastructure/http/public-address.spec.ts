import { isPublic } from './public-address.js';

describe(isPublic.name, () => {
  it.each([
    '93.184.216.34',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '64:ff9b::5db8:d822',
  ])('lets %s through', (address) => expect(isPublic(address)).toBe(true));

  it.each([
    ['this machine', '127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '0.1.2.3', '::'],
    [
      'private networks',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      'fc00::1',
      'fd12:3456::1',
    ],
    ['link-local, where clouds tell secrets', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254'],
    ['carriers', '100.64.0.1', '100.127.255.255'],
    ['multicast and broadcast', '224.0.0.1', '239.255.255.255', '255.255.255.255', '240.0.0.1', 'ff02::1'],
    ['IPv4 in IPv6', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1'],
    [
      'translations',
      '64:ff9b::7f00:1',
      '64:ff9b::a00:1',
      '64:ff9b:1::1',
      '2002:7f00:1::',
      '2001:0:4136:e378::1',
    ],
    ['documentation and benchmarks', '192.0.2.1', '198.51.100.7', '203.0.113.7', '198.18.0.1', '2001:db8::1'],
    ['what is no address', '', 'localhost', '1.2.3', '0x7f.1', '2130706433'],
  ])('v5.0.0-1.3.6 refuses %s', (_what, ...addresses) => {
    expect(addresses.filter(isPublic)).toEqual([]);
  });
});
