// Every application of these tests gets a Redis; see test/support/api.ts.
process.env.TEST_REDIS = 'on';
