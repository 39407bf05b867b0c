/** The disk below the embedded database. */
export abstract class DiskExam {
  /** Bytes that this process may still write there. Rejects if there is no such folder. */
  abstract freeBytes(folder: string): Promise<number>;
}
