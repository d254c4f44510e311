import { stringify } from 'yaml';

/** YAML for programs in Go, whose parser knows YAML 1.1: there a bare `OFF` is a boolean, so such strings are quoted. */
export const yamlText = (value: object): string => stringify(value, { version: '1.1' });
