type Values = Readonly<Record<string, string | number | boolean>>;

/** Command line flags, each as one argument: `--name=value`. */
export const flags = (values: Values): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/** Command line flags for programs that want the value as an argument of its own: `--name value`. */
export const spacedFlags = (values: Values): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
