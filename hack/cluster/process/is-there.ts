import { access } from 'node:fs/promises';

/** Whether there is such a file, and it may be used so: a mode of `fs.constants`. */
export const isThere = (path: string, mode?: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
