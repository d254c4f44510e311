/** A Service by name and namespace. */
export interface ServiceKey {
  readonly name: string;
  readonly namespace: string;
}

/** Key of objects that may name any Service. */
export const ANY_SERVICE = '*';

/** Key of a Service, as objects of other namespaces name it. */
export function serviceKey({ namespace, name }: ServiceKey): string {
  return `${namespace}/${name}`;
}
