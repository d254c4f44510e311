const STARTING: readonly string[] = ['ContainerCreating', 'PodInitializing'];

/** Whether a container that waits for this reason is starting normally; other reasons need attention. */
export const isStarting = (reason: string): boolean => STARTING.includes(reason);
