import { EmbeddedDriver } from './drivers/embedded-driver.js';

/** Entry of the child process of prepare-embedded-folder.ts. */
const folder = process.argv[2];
if (!folder) throw new Error('usage: create-embedded-cluster FOLDER');
// Without the parent nobody will use the result. The channel alone must not keep this process alive.
process.once('disconnect', () => process.exit(1));
process.channel?.unref();
try {
  const driver = await EmbeddedDriver.open(folder);
  await driver.migrate();
  await driver.close();
} catch (error) {
  process.send?.((error as Error).message.split('\n')[0]);
  process.exitCode = 1;
}
