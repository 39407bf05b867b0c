import { EmbeddedDriver } from './drivers/embedded-driver.js';

/** Entry of the child process of prepare-embedded-folder.ts. */
const folder = process.argv[2];
if (!folder) throw new Error('usage: create-embedded-cluster FOLDER');
const driver = await EmbeddedDriver.open(folder);
await driver.migrate();
await driver.close();
