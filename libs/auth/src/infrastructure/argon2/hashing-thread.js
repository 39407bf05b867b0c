import { hashSync, verifySync } from '@node-rs/argon2';

/**
 * Runs on the threads of Argon2PasswordHasher. JavaScript, because a thread is given a file that Node can run as it is,
 * in the tests too, which compile nothing to files. Synchronous, because the library's promises move the work to libuv's
 * threads, which have the priority of the process.
 *
 * @typedef {import('@node-rs/argon2').Options} Options
 */

/** @param {{ password: string, options: Options }} task */
export const hash = ({ password, options }) => hashSync(password, options);

/** @param {{ password: string, stored: string, options: Options }} task */
export const verify = ({ password, stored, options }) => verifySync(stored, password, options);
