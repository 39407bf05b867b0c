import { networkOf, siteOf } from './network.js';

describe(networkOf, () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', null],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0::/48'],
    ['::1', '0:0:0:0::/64', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48'],
    ['::ffff:203.0.113.7', '203.0.113.7', null],
    ['::ffff:cb00:7107', '203.0.113.7', null],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64', '64:ff9b:0::/48'],
    ['unknown', 'unknown', null],
    ['1:2:3', '1:2:3', null],
    ['1::2::3', '1::2::3', null],
    ['1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:9', null],
    ['x::1', 'x::1', null],
  ])('counts %s under %s and %s', (address, narrow, wide) => {
    expect(networkOf(address)).toEqual({ narrow, wide });
  });

  it('does not tell addresses of one /64 apart, and does those of two', () => {
    const narrow = (address: string): string => networkOf(address).narrow;
    expect(narrow('2001:db8:1:2:ffff::1')).toBe(narrow('2001:db8:1:2::1'));
    expect(narrow('2001:db8:1:3::1')).not.toBe(narrow('2001:db8:1:2::1'));
  });
});

describe(siteOf, () => {
  it.each([
    ['203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['2001:DB8:1:2::9', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['unknown', 'unknown'],
    ['', 'unknown'],
  ])('finds %s in %s', (address, site) => {
    expect(siteOf(address)).toBe(site);
  });
});
