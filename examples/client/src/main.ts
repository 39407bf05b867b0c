import { setTimeout as sleep } from 'node:timers/promises';
import { watchDevices } from './watch-devices.js';

const { ROLLCALL_URL: baseUrl = 'http://127.0.0.1:3000', EMAIL: email, PASSWORD: password } = process.env;
if (!email || !password) throw new Error('EMAIL and PASSWORD say who signs in.');

await watchDevices({
  baseUrl,
  email,
  password,
  say: (line) => console.log(line),
  pause: (seconds) => sleep(seconds * 1_000),
});
