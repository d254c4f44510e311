/** The commit whose controller is upgraded from: the last with version 2 of the state machine; the tag of a release once there is one. */
export const EARLIER = '7f92fc0faba8330ab35be2b9fbdf5e970a092659';

/** Variable with the folder that has its tree. */
export const TREE = 'SLUICE_EARLIER_TREE';
