/** The shells for which completions exist. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
